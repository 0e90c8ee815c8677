import type { Quote, RequestQuote } from '#libs/contracts';
import type { QuoteId, TenantId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';

export abstract class QuoteStore {
  abstract insertQuote(ctx: TxContext, tenantId: TenantId, request: RequestQuote, quote: Quote): Promise<void>;
  /** Null where there is none, or it is another tenant's. */
  abstract findValidUntil(ctx: TxContext, quoteId: QuoteId): Promise<Date | null>;
}
