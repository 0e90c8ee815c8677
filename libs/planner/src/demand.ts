import type { CenterId, Decimal, EpochSeconds, Interval, PoolId } from '#libs/kernel';
import { isPoolEligible, isTenantAllowed } from './eligibility.js';
import { toCostUnits, type CostUnits, type RateTable } from './cost-units.js';
import { stretchesFor, type Supply, type WindowSupply } from './supply.js';
import type { PlannerJob, PlannerObjective, PlannerOptions } from './types.js';

/** Bounds of one search. Each may be loosened to learn what stands in a job's way. */
export interface Bounds {
  readonly objective: PlannerObjective;
  /** Latest first start. */
  readonly startLimit: EpochSeconds;
  /** Latest end of any segment: the horizon's end, or the deadline where it is sooner. */
  readonly endLimit: EpochSeconds;
  readonly costLimit: CostUnits;
}

/** A job as the search sees it: whole seconds, and what its cuts cost. */
export interface Demand {
  readonly job: PlannerJob;
  readonly usefulSeconds: number;
  readonly isCuttable: boolean;
  readonly writeSeconds: number;
  /** Of every segment but a fresh job's first. */
  readonly restartSeconds: number;
  readonly firstRestartSeconds: number;
  readonly minSegmentSeconds: number;
  readonly earliestAt: EpochSeconds;
  /** Null: every pool. */
  readonly onlyPoolId: PoolId | null;
  /** Pools without a connector too: for quotes. */
  readonly includesUnreachable: boolean;
}

export function toDemand(job: PlannerJob, now: EpochSeconds, scope?: { poolId: PoolId }): Demand {
  const restartSeconds = Math.ceil(job.checkpoint?.restartSeconds ?? 0);
  return {
    job,
    usefulSeconds: Math.max(1, Math.ceil(job.remainingSeconds)),
    isCuttable: job.checkpoint !== null,
    writeSeconds: Math.ceil(job.checkpoint?.writeSeconds ?? 0),
    restartSeconds,
    firstRestartSeconds: job.lastCenterId === null ? 0 : restartSeconds,
    minSegmentSeconds: Math.ceil(job.checkpoint?.minSegmentSeconds ?? 0),
    earliestAt: Math.max(now, job.readyAt),
    onlyPoolId: scope?.poolId ?? null,
    includesUnreachable: scope !== undefined,
  };
}

/** A stretch of one window with room for the whole gang, clipped to margin and limits. */
export interface Opening extends Interval {
  readonly index: number;
  readonly supply: WindowSupply;
  readonly centerId: CenterId;
  /** Cost units a second for the gang's whole nodes. */
  readonly rate: number;
  /** When the job could first be here: ready, and its newest checkpoint brought along. */
  readonly firstStartAt: EpochSeconds;
}

export function costLimitOf(amount: Decimal | null, demand: Demand): CostUnits {
  // Half a unit a second is what rounding a rate may do; the exact check comes after the search.
  return amount === null ? Infinity : toCostUnits(amount) * (1 + 1e-12) + demand.usefulSeconds;
}

/** Transfer times of one job, asked once for each pair of centers. */
export class TransferTable {
  private readonly seconds = new Map<string, number>();

  constructor(
    private readonly job: PlannerJob,
    private readonly options: PlannerOptions,
  ) {}

  between(from: CenterId, to: CenterId): number {
    if (from === to) return 0;
    const key = `${from} ${to}`;
    let known = this.seconds.get(key);
    if (known === undefined) {
      known = Math.max(0, Math.ceil(this.options.transferSeconds(this.job, from, to)));
      this.seconds.set(key, known);
    }
    return known;
  }
}

/** The windows that may serve the demand at all, in the supply's order. */
export function eligibleWindows(supply: Supply, demand: Demand): WindowSupply[] {
  const { job } = demand;
  const pools = new Set(
    supply.pools.filter(
      ({ pool }) =>
        (pool.runnable || demand.includesUnreachable) &&
        (demand.onlyPoolId === null || demand.onlyPoolId === pool.id) &&
        isPoolEligible(pool, job),
    ),
  );
  return supply.windows.filter((one) => pools.has(one.poolSupply) && isTenantAllowed(one.lane, job));
}

/**
 * Every opening that a placement within the bounds may use, by ascending start. A window that opens only after a
 * placement already found has finished (objective `time`), or that alone costs more (`cost`, where nothing can be cut),
 * holds nothing better and is not looked into.
 */
export function collectOpenings(
  windows: readonly WindowSupply[],
  demand: Demand,
  bounds: Bounds,
  tables: { rates: RateTable; transfers: TransferTable },
): Opening[] {
  const found: Omit<Opening, 'index'>[] = [];
  const span = { startsAt: demand.earliestAt, endsAt: bounds.endLimit };
  let soonest = Infinity;
  let leastRate = Infinity;
  for (const supply of windows) {
    if (bounds.objective === 'time' && supply.window.startsAt > soonest) break;
    if (supply.freeMax < demand.job.nodes || supply.closesAt <= span.startsAt) continue;
    const rate = tables.rates.rate(supply, demand.job.nodes * supply.poolSupply.pool.devicesPerNode);
    if (bounds.objective === 'cost' && !demand.isCuttable && rate > leastRate) continue;
    for (const stretch of stretchesFor(supply, span, demand.job.nodes)) {
      const opening = toOpening(supply, stretch, rate, demand, tables.transfers);
      const finishesAt = finishInOne(opening, demand, bounds);
      if (finishesAt < Infinity) leastRate = Math.min(leastRate, rate);
      soonest = Math.min(soonest, finishesAt);
      if (demand.isCuttable || finishesAt < Infinity) found.push(opening);
    }
  }
  return found.sort((a, b) => a.startsAt - b.startsAt).map((one, index) => ({ ...one, index }));
}

function toOpening(
  supply: WindowSupply,
  stretch: Interval,
  rate: number,
  demand: Demand,
  transfers: TransferTable,
): Omit<Opening, 'index'> {
  const { pool } = supply.poolSupply;
  const from = demand.isCuttable ? demand.job.lastCenterId : null;
  const transfer = from === null ? 0 : transfers.between(from, pool.centerId);
  return {
    ...stretch,
    supply,
    centerId: pool.centerId,
    rate,
    firstStartAt: Math.max(stretch.startsAt, demand.earliestAt + transfer),
  };
}

/** Finish of the whole job in this one opening; Infinity where a bound forbids it. */
function finishInOne(opening: Omit<Opening, 'index'>, demand: Demand, bounds: Bounds): number {
  const length = demand.firstRestartSeconds + demand.usefulSeconds;
  const finishesAt = opening.firstStartAt + length;
  const isWithin =
    finishesAt <= opening.endsAt &&
    opening.firstStartAt <= bounds.startLimit &&
    opening.rate * length <= bounds.costLimit;
  return isWithin ? finishesAt : Infinity;
}
