import type { Currency, HoldId, JobId, SegmentId, TenantId, TransactionId } from '#libs/kernel';
import type { AccountKind, Transaction } from '#libs/ledger';
import type { TxContext } from '#libs/platform';

/** A transaction with what it is about. */
export interface LedgerEntry {
  readonly id: TransactionId;
  readonly tenantId: TenantId;
  readonly transaction: Transaction;
  readonly jobId?: JobId;
  readonly segmentId?: SegmentId;
  readonly holdId?: HoldId;
  /** The bank's. */
  readonly reference?: string;
  readonly description: string;
}

/** A transaction as the tenant's account statement shows it: only the lines on the tenant's own accounts. */
export interface AccountEntry {
  /** The transaction's. */
  readonly id: TransactionId;
  readonly kind: Transaction['kind'];
  readonly at: Date;
  readonly description: string;
  readonly reference: string | null;
  readonly jobId: JobId | null;
  readonly segmentId: SegmentId | null;
  readonly holdId: HoldId | null;
  /** Credit-positive; the amounts are plain decimals. */
  readonly lines: readonly { readonly account: AccountKind; readonly amount: string }[];
}

export interface EntriesPage {
  readonly tenantId: TenantId;
  readonly currency: Currency;
  readonly limit: number;
  /** Entries older than this one; null: from the newest. */
  readonly before: TransactionId | null;
}

/** Double entry, append-only. All lines of the given transactions go in one statement, as the database demands. */
export abstract class LedgerStore {
  /** Transactions without lines are not kept. Actor and request id come from the context. */
  abstract post(ctx: TxContext, entries: readonly LedgerEntry[], at: Date): Promise<void>;
  /** Newest first. */
  abstract listEntries(ctx: TxContext, page: EntriesPage): Promise<AccountEntry[]>;
}
