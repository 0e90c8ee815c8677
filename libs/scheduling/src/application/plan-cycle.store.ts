import type { EpochSeconds } from '#libs/kernel';
import type { TxContext } from '#libs/platform';

export interface PlanCycle {
  readonly id: string;
  readonly startedAt: EpochSeconds;
  readonly seconds: number;
  readonly jobs: number;
  readonly placed: number;
  readonly refused: number;
  readonly reserved: number;
  /** Planned reservations that no longer fitted when they were committed. */
  readonly lostRaces: number;
  readonly planHash: string;
}

export abstract class PlanCycleStore {
  /** True for one process at a time, until the transaction ends: the active planner. */
  abstract tryLock(ctx: TxContext): Promise<boolean>;
  abstract insertCycle(ctx: TxContext, cycle: PlanCycle): Promise<void>;
  abstract deleteCyclesBefore(ctx: TxContext, at: EpochSeconds): Promise<void>;
}
