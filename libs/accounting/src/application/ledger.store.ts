import type { Currency, HoldId, JobId, Money, SegmentId, TenantId, TransactionId } from '#libs/kernel';
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

/** A line of a transaction on one of the tenant's own accounts, as the account's statement shows it. */
export interface AccountEntry {
  readonly transactionId: TransactionId;
  readonly line: number;
  readonly kind: Transaction['kind'];
  readonly account: AccountKind;
  /** Credit-positive. */
  readonly amount: Money;
  readonly description: string;
  readonly reference: string | null;
  readonly jobId: JobId | null;
  readonly segmentId: SegmentId | null;
  readonly holdId: HoldId | null;
  readonly at: Date;
}

/** A place in the statement: the entry shown last. */
export type EntryPlace = Pick<AccountEntry, 'transactionId' | 'line'>;

export interface EntriesPage {
  readonly tenantId: TenantId;
  readonly currency: Currency;
  readonly limit: number;
  /** Entries after this one; null: from the newest. */
  readonly after: EntryPlace | null;
}

/** Double entry, append-only. All lines of the given transactions go in one statement, as the database demands. */
export abstract class LedgerStore {
  /** Transactions without lines are not kept. Actor and request id come from the context. */
  abstract post(ctx: TxContext, entries: readonly LedgerEntry[], at: Date): Promise<void>;
  /** Newest transaction first, its lines in order. */
  abstract listEntries(ctx: TxContext, page: EntriesPage): Promise<AccountEntry[]>;
}
