import type { CenterId, PoolId } from '#libs/kernel';
import { toDemand } from './demand.js';
import { JobPlacer, type Placement } from './place-job.js';
import { PlanningRound, toForecast } from './plan-jobs.js';
import { explainWait } from './explain-wait.js';
import type { Forecast, PlannerJob, PlannerOptions, PlannerPool, PlannerSnapshot } from './types.js';
import type { Reason } from './reason.js';

/** What one pool alone could do for a job. */
export interface FeasiblePlacement {
  readonly poolId: PoolId;
  readonly centerId: CenterId;
  readonly centerCode: string;
  /** False: a price only, since no connector reaches the pool. */
  readonly runnable: boolean;
  readonly forecast: Forecast;
}

/** The pools that could serve the job, the best by its objective first; where there is none, why. */
export interface FeasiblePlacements {
  readonly placements: readonly FeasiblePlacement[];
  readonly reasons: readonly Reason[];
}

/**
 * The job's best forecast on each pool by itself, within its bounds, after the snapshot's own jobs have been placed: what a
 * quote shows. A snapshot without jobs gives the answer against reservations and live segments alone, and sooner.
 */
export function feasiblePlacements(
  snapshot: PlannerSnapshot,
  job: PlannerJob,
  options: PlannerOptions,
): FeasiblePlacements {
  const round = new PlanningRound(snapshot, options);
  for (const ranked of snapshot.jobs) round.plan(ranked);
  const placements = round.supply.pools
    .map(({ pool, firstPlannedAt }) => placeOn(round, job, pool, firstPlannedAt))
    .filter((one) => one !== null)
    .sort((a, b) => compareForecasts(a.forecast, b.forecast, job));
  if (placements.length > 0) return { placements, reasons: [] };
  const demand = toDemand(job, snapshot.now);
  return { placements, reasons: round.explain(demand, round.availableTo(job)) };
}

function placeOn(
  round: PlanningRound,
  job: PlannerJob,
  pool: PlannerPool,
  firstPlannedAt: number,
): FeasiblePlacement | null {
  const demand = toDemand(job, round.context.now, { poolId: pool.id });
  const placement: Placement | null = new JobPlacer(
    round.supply,
    demand,
    round.availableTo(job),
    round.context,
  ).place();
  if (placement === null) return null;
  const reasons = explainWait(demand, placement, round.context, firstPlannedAt);
  return {
    poolId: pool.id,
    centerId: pool.centerId,
    centerCode: pool.centerCode,
    runnable: pool.runnable,
    forecast: toForecast(job, placement, reasons),
  };
}

/** A chain without an end in sight comes last. Equal ones stay in the order of the pools' ids. */
function compareForecasts(a: Forecast, b: Forecast, job: PlannerJob): number {
  const isOpen = Number(a.finishesAt === null) - Number(b.finishesAt === null);
  const byFinish = (a.finishesAt ?? 0) - (b.finishesAt ?? 0);
  const byCost = a.cost.comparedTo(b.cost);
  return isOpen || (job.objective === 'cost' ? byCost || byFinish : byFinish || byCost);
}
