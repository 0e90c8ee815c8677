import { dec, sumDecimals, type Decimal, type EpochSeconds } from '#libs/kernel';
import { cutSegments, segmentsOf, type ChainSegment, type Completion } from './chain.js';
import { RateTable, type CostUnits } from './cost-units.js';
import { collectOpenings, costLimitOf, eligibleWindows, TransferTable, type Bounds, type Demand } from './demand.js';
import { ChainSearch, type Partial } from './search-chain.js';
import type { Supply, WindowSupply } from './supply.js';
import { PLANNER_DEFAULTS, type PlannedSegment, type PlannerOptions } from './types.js';

/** Where a job goes, with exact money. `isComplete` is false for a chain that goes on past the horizon. */
export interface Placement {
  readonly segments: readonly PlannedSegment[];
  readonly isComplete: boolean;
  readonly cost: Decimal;
  /** Sum of the segments' holds: what the placement takes of the tenant's free money. */
  readonly hold: Decimal;
}

/** The money bounds of one placement, in exact decimals; null: none. */
export interface MoneyBounds {
  readonly maxCost: Decimal | null;
  readonly available: Decimal | null;
}

export interface PlacementContext {
  readonly now: EpochSeconds;
  readonly horizonAt: EpochSeconds;
  readonly options: PlannerOptions;
  readonly rates: RateTable;
}

/** Which bounds of the job a search keeps; explaining a refusal loosens them one by one. */
export interface KeptBounds {
  readonly deadline: boolean;
  readonly wait: boolean;
  readonly maxCost: boolean;
  readonly available: boolean;
}

const ALL_BOUNDS: KeptBounds = { deadline: true, wait: true, maxCost: true, available: true };
export const NO_BOUNDS: KeptBounds = { deadline: false, wait: false, maxCost: false, available: false };

/** How often a search is repeated with a tighter bound because exact costs exceed the window's average rate. */
const MONEY_ATTEMPTS_MAX = 6;

/** Places one job on what the supply has free now; it does not occupy it. */
export class JobPlacer {
  readonly windows: readonly WindowSupply[];
  private readonly transfers: TransferTable;

  constructor(
    supply: Supply,
    readonly demand: Demand,
    private readonly available: Decimal | null,
    private readonly context: PlacementContext,
  ) {
    this.windows = eligibleWindows(supply, demand);
    this.transfers = new TransferTable(demand.job, context.options);
  }

  /** The best placement within all bounds, or null. A chain past the horizon only where no chain could finish within it. */
  place(): Placement | null {
    if (this.windows.length === 0) return null;
    return this.placeComplete(ALL_BOUNDS) ?? this.placePartial();
  }

  /** The best placement that does all the work within the horizon and the kept bounds. */
  placeComplete(kept: KeptBounds): Placement | null {
    const { job } = this.demand;
    const startLimit = kept.wait ? hardStartLimit(this.demand) : Infinity;
    const chosenWait = this.chosenWaitLimit();
    if (job.objective === 'time') return this.search({ ...this.bounds(kept), objective: 'time', startLimit }, kept);
    const cheapest = this.search(
      { ...this.bounds(kept), objective: 'cost', startLimit: Math.min(startLimit, chosenWait) },
      kept,
    );
    // Past the default wait nothing waits by choice any more: the job takes the soonest finish.
    if (cheapest !== null || chosenWait === Infinity) return cheapest;
    return this.search({ ...this.bounds(kept), objective: 'time', startLimit }, kept);
  }

  /** The soonest finish, whatever the job's objective. */
  placeSoonest(kept: KeptBounds): Placement | null {
    const startLimit = kept.wait ? hardStartLimit(this.demand) : Infinity;
    return this.search({ ...this.bounds(kept), objective: 'time', startLimit }, kept);
  }

  /** The least cost within the horizon, whatever the job's objective and bounds. */
  placeCheapest(kept: KeptBounds): Placement | null {
    return this.search({ ...this.bounds(kept), objective: 'cost', startLimit: Infinity }, kept);
  }

  private placePartial(): Placement | null {
    const { job, isCuttable } = this.demand;
    const mayGoOn = isCuttable && (job.deadline === null || job.deadline > this.context.horizonAt);
    if (!mayGoOn) return null;
    const isMoneyTheBound = job.maxCost !== null || this.available !== null;
    if (isMoneyTheBound && this.placeSoonest({ ...NO_BOUNDS, wait: true }) !== null) return null;
    const bounds: Bounds = { ...this.bounds(ALL_BOUNDS), objective: 'time', startLimit: hardStartLimit(this.demand) };
    const { search, leastRate } = this.newSearch(bounds);
    if (leastRate * this.demand.usefulSeconds > bounds.costLimit) return null;
    const partial = search.findFurthest();
    return partial === null ? null : this.withinMoney(this.partialSegments(partial));
  }

  /** As many of the segments, from the first, as the money allows. */
  private withinMoney(segments: readonly ChainSegment[]): Placement | null {
    for (let count = segments.length; count > 0; count--) {
      const placement = this.toPlacement(segments.slice(0, count), false);
      if (this.excess(placement, ALL_BOUNDS) === null) return placement;
    }
    return null;
  }

  private search(bounds: Bounds, kept: KeptBounds): Placement | null {
    let tried = bounds;
    for (let attempt = 0; attempt < MONEY_ATTEMPTS_MAX; attempt++) {
      const found = this.newSearch(tried).search.findBest();
      if (found === null) return null;
      const placement = this.toPlacement(segmentsOf(found, this.demand), true);
      const excess = this.excess(placement, kept);
      if (excess === null) return placement;
      tried = { ...tried, costLimit: tighter(found, excess) };
    }
    return null;
  }

  private newSearch(bounds: Bounds): { search: ChainSearch; leastRate: number } {
    const { demand, transfers } = this;
    const { rates, options } = this.context;
    const openings = collectOpenings(this.windows, demand, bounds, { rates, transfers });
    const stepsMax = options.searchStepsMax ?? PLANNER_DEFAULTS.searchStepsMax;
    const leastRate = openings.reduce((least, one) => Math.min(least, one.rate), Infinity);
    return { search: new ChainSearch({ demand, bounds, openings, transfers, stepsMax }), leastRate };
  }

  private bounds(kept: KeptBounds): Pick<Bounds, 'endLimit' | 'costLimit'> {
    const { job } = this.demand;
    const deadline = kept.deadline && job.deadline !== null ? job.deadline : Infinity;
    const money = this.keptMoney(kept);
    return {
      endLimit: Math.min(deadline, this.context.horizonAt),
      costLimit: Math.min(costLimitOf(money.maxCost, this.demand), costLimitOf(money.available, this.demand)),
    };
  }

  private keptMoney(kept: KeptBounds): MoneyBounds {
    return {
      maxCost: kept.maxCost ? this.demand.job.maxCost : null,
      available: kept.available ? this.available : null,
    };
  }

  /** By what factor the placement passes its tightest money bound (bound over figure, under 1); null where it passes none. */
  private excess(placement: Placement, kept: KeptBounds): Decimal | null {
    const { maxCost, available } = this.keptMoney(kept);
    const ratios: Decimal[] = [];
    if (maxCost !== null && placement.cost.greaterThan(maxCost)) ratios.push(maxCost.div(placement.cost));
    if (available !== null && placement.hold.greaterThan(available)) ratios.push(available.div(placement.hold));
    return ratios.reduce<Decimal | null>((least, one) => (least === null || one.lessThan(least) ? one : least), null);
  }

  /** Until when a job of objective `cost` waits by choice where the submitter has not said: Infinity where it has. */
  private chosenWaitLimit(): EpochSeconds {
    const { job } = this.demand;
    if (job.deadline !== null || job.maxWaitSeconds !== null) return Infinity;
    return job.submittedAt + this.context.options.defaultMaxWaitSeconds;
  }

  private partialSegments({ label, endsAt }: Partial): ChainSegment[] {
    const { opening, startsAt, restartSeconds } = label;
    const usefulSeconds = endsAt - startsAt - restartSeconds - this.demand.writeSeconds;
    return [...cutSegments(label, label.usefulMax, this.demand), { opening, startsAt, endsAt, usefulSeconds }];
  }

  private toPlacement(chain: readonly ChainSegment[], isComplete: boolean): Placement {
    const { segmentHold } = this.context.options;
    const segments = chain.map((one) => this.toSegment(one));
    return {
      segments,
      isComplete,
      cost: sumDecimals(segments.map((one) => one.cost)),
      hold: sumDecimals(segments.map((one) => segmentHold(one.laneId, one.devices, one))),
    };
  }

  private toSegment({ opening, startsAt, endsAt, usefulSeconds }: ChainSegment): PlannedSegment {
    const { window, lane, poolSupply } = opening.supply;
    const { nodes } = this.demand.job;
    const devices = nodes * poolSupply.pool.devicesPerNode;
    return {
      windowId: window.id,
      laneId: lane.id,
      poolId: poolSupply.pool.id,
      centerId: opening.centerId,
      startsAt,
      endsAt,
      nodes,
      devices,
      cost: this.context.options.segmentCost(lane.id, devices, { startsAt, endsAt }),
      usefulSeconds,
    };
  }
}

/** The submitter's own bound on waiting. Work that has begun has waited, so it binds only a job without a checkpoint. */
export function hardStartLimit({ job }: Demand): EpochSeconds {
  if (job.maxWaitSeconds === null || job.lastCenterId !== null) return Infinity;
  return job.submittedAt + job.maxWaitSeconds;
}

function tighter(found: Completion, ratio: Decimal): CostUnits {
  return Math.min(Math.floor(dec(found.cost).times(ratio).toNumber()), found.cost - 1);
}
