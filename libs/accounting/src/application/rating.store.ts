import type { ChargeId, HoldId, TenantId, TransactionId, UsageRecordId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { Charge, ChargeableRecord, RatingFault } from '../domain/charge-batch.js';
import type { DayIncrement } from '../domain/day-rollup.js';

export interface ClaimRecords {
  readonly tenantId: TenantId;
  readonly now: Date;
  readonly limit: number;
  /** This one only. */
  readonly usageRecordId: UsageRecordId | null;
}

export interface NewCharge extends Charge {
  readonly id: ChargeId;
  /** Null where nothing is charged. */
  readonly transactionId: TransactionId | null;
}

/** The queue of closed records without a charge, and what charging them writes. */
export abstract class RatingStore {
  abstract findTenantsWithDue(ctx: TxContext, now: Date, limit: number): Promise<TenantId[]>;
  /** Oldest first; locked until the transaction ends; those that another rater works on are passed over. */
  abstract claim(ctx: TxContext, input: ClaimRecords): Promise<ChargeableRecord[]>;
  abstract insertCharges(ctx: TxContext, charges: readonly NewCharge[], at: Date): Promise<void>;
  abstract addToDays(ctx: TxContext, increments: readonly DayIncrement[]): Promise<void>;
  abstract dequeue(ctx: TxContext, ids: readonly UsageRecordId[]): Promise<void>;
  /** Stands aside, longer each time; the problem is kept in words. */
  abstract park(ctx: TxContext, faults: readonly RatingFault[], now: Date): Promise<void>;
  /** Open holds whose attempts are closed and whose every record is charged. */
  abstract findSettledHolds(ctx: TxContext, limit: number): Promise<HoldId[]>;
}
