import type { AccountId, Currency, Decimal, HoldId, JobId, SegmentId, TenantId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';

export interface NewHold {
  readonly id: HoldId;
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly currency: Currency;
  readonly amount: Decimal;
}

export interface Hold extends NewHold {
  readonly captured: Decimal;
  readonly released: Decimal;
  readonly closedAt: Date | null;
}

export abstract class HoldStore {
  abstract insert(ctx: TxContext, hold: NewHold, at: Date): Promise<void>;
  /** Without a lock: only what never changes of it may be relied on. */
  abstract find(ctx: TxContext, id: HoldId): Promise<Hold | null>;
  /** In ascending ids, after their accounts. */
  abstract lock(ctx: TxContext, ids: readonly HoldId[]): Promise<ReadonlyMap<HoldId, Hold>>;
  abstract capture(ctx: TxContext, captured: ReadonlyMap<HoldId, Decimal>): Promise<void>;
  /** Releases what is left and closes. False where it was closed already. */
  abstract close(ctx: TxContext, id: HoldId, at: Date): Promise<boolean>;
}
