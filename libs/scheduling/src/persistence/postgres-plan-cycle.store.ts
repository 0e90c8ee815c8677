import { Injectable } from '@nestjs/common';
import { type EpochSeconds, fromEpochSeconds } from '#libs/kernel';
import { execute, query, type TxContext } from '#libs/platform';
import { type PlanCycle, PlanCycleStore } from '../application/plan-cycle.store.js';

/** Any number, the same in every process. */
const PLANNER_LOCK = 7_825_828;

@Injectable()
export class PostgresPlanCycleStore extends PlanCycleStore {
  async tryLock(ctx: TxContext): Promise<boolean> {
    const [row] = await query<{ taken: boolean }>(ctx, 'SELECT pg_try_advisory_xact_lock($1) AS taken', [PLANNER_LOCK]);
    return row?.taken ?? false;
  }

  async insertCycle(ctx: TxContext, cycle: PlanCycle): Promise<void> {
    await query(
      ctx,
      `INSERT INTO plan_cycle (id, started_at, seconds, jobs, placed, refused, reserved, lost_races, plan_hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[cycle.id, fromEpochSeconds(cycle.startedAt), cycle.seconds, cycle.jobs, cycle.placed],
        ...[cycle.refused, cycle.reserved, cycle.lostRaces, cycle.planHash],
      ],
    );
  }

  async deleteCyclesBefore(ctx: TxContext, at: EpochSeconds): Promise<void> {
    await execute(ctx, 'DELETE FROM plan_cycle WHERE started_at < $1', [fromEpochSeconds(at)]);
  }
}
