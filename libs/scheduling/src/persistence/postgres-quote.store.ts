import { Injectable } from '@nestjs/common';
import type { Quote, RequestQuote } from '#libs/contracts';
import type { QuoteId, TenantId } from '#libs/kernel';
import { query, type TxContext } from '#libs/platform';
import { QuoteStore } from '../application/quote.store.js';

@Injectable()
export class PostgresQuoteStore extends QuoteStore {
  async insertQuote(ctx: TxContext, tenantId: TenantId, request: RequestQuote, quote: Quote): Promise<void> {
    await query(
      ctx,
      'INSERT INTO quote (id, tenant_id, request, options, quoted_at, valid_until) VALUES ($1, $2, $3, $4, $5, $6)',
      [
        ...[quote.id, tenantId, JSON.stringify(request), JSON.stringify(quote.options)],
        ...[quote.quotedAt, quote.validUntil],
      ],
    );
  }

  async findValidUntil(ctx: TxContext, quoteId: QuoteId): Promise<Date | null> {
    const [row] = await query<{ valid_until: Date }>(ctx, 'SELECT valid_until FROM quote WHERE id = $1', [quoteId]);
    return row?.valid_until ?? null;
  }
}
