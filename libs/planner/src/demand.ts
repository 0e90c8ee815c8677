import type { CenterId, Decimal, EpochSeconds, Interval, PoolId } from '#libs/kernel';
import { isPoolEligible, isTenantAllowed } from './eligibility.js';
import { toCostUnits, type CostUnits, type RateTable } from './cost-units.js';
import { inOrderOf } from './in-order.js';
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
  /** Its place by ascending start. */
  index: number;
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

/** Transfer times of one job, asked once for each pair of centers. Rows are handed out, because a search asks along one. */
export class TransferTable {
  private readonly rows = new Map<CenterId, Map<CenterId, number>>();

  constructor(
    private readonly job: PlannerJob,
    private readonly options: PlannerOptions,
  ) {}

  between(from: CenterId, to: CenterId): number {
    return this.inRow(this.rowFrom(from), from, to);
  }

  rowFrom(from: CenterId): Map<CenterId, number> {
    let row = this.rows.get(from);
    if (row === undefined) this.rows.set(from, (row = new Map([[from, 0]])));
    return row;
  }

  inRow(row: Map<CenterId, number>, from: CenterId, to: CenterId): number {
    let seconds = row.get(to);
    if (seconds === undefined) {
      seconds = Math.max(0, Math.ceil(this.options.transferSeconds(this.job, from, to)));
      row.set(to, seconds);
    }
    return seconds;
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
 * Every opening that a placement within the bounds may use, by ascending start. What opens only after a placement already
 * found has finished (objective `time`) holds nothing better and is not looked into; where nothing can be cut, neither is
 * what is later (`time`) or dearer (`cost`) than a placement already found.
 */
export function collectOpenings(
  windows: readonly WindowSupply[],
  demand: Demand,
  bounds: Bounds,
  tables: { rates: RateTable; transfers: TransferTable },
): Opening[] {
  const found: Opening[] = [];
  const { job, isCuttable } = demand;
  const isByTime = bounds.objective === 'time';
  const span = { startsAt: demand.earliestAt, endsAt: bounds.endLimit };
  let soonest = Infinity;
  let leastRate = Infinity;
  for (const supply of windows) {
    if (isByTime && supply.window.startsAt > soonest) break;
    if (supply.freeMax < job.nodes || supply.closesAt <= span.startsAt) continue;
    const rate = tables.rates.rate(supply, job.nodes * supply.poolSupply.pool.devicesPerNode);
    if (!isByTime && !isCuttable && rate > leastRate) continue;
    const arrivesAt = arrivalAt(supply, demand, tables.transfers);
    for (const { startsAt, endsAt } of stretchesFor(supply, span, job.nodes)) {
      const firstStartAt = Math.max(startsAt, arrivesAt);
      const finishesAt = finishInOne({ firstStartAt, endsAt, rate }, demand, bounds);
      if (!isCuttable && (finishesAt === Infinity || (isByTime && finishesAt > soonest))) continue;
      if (finishesAt < Infinity) leastRate = Math.min(leastRate, rate);
      soonest = Math.min(soonest, finishesAt);
      const { centerId } = supply.poolSupply.pool;
      found.push({ index: found.length, startsAt, endsAt, supply, centerId, rate, firstStartAt });
    }
  }
  const sorted = inOrderOf(found, (one) => one.startsAt);
  sorted.forEach((one, index) => (one.index = index));
  return sorted;
}

/** When the job could be there with its newest checkpoint. */
function arrivalAt({ poolSupply }: WindowSupply, demand: Demand, transfers: TransferTable): EpochSeconds {
  const from = demand.isCuttable ? demand.job.lastCenterId : null;
  return demand.earliestAt + (from === null ? 0 : transfers.between(from, poolSupply.pool.centerId));
}

/** Finish of the whole job in this one opening; Infinity where a bound forbids it. */
function finishInOne(
  opening: Pick<Opening, 'firstStartAt' | 'endsAt' | 'rate'>,
  demand: Demand,
  bounds: Bounds,
): number {
  const length = demand.firstRestartSeconds + demand.usefulSeconds;
  const finishesAt = opening.firstStartAt + length;
  const isWithin =
    finishesAt <= opening.endsAt &&
    opening.firstStartAt <= bounds.startLimit &&
    opening.rate * length <= bounds.costLimit;
  return isWithin ? finishesAt : Infinity;
}
