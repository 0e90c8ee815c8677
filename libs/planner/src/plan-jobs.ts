import { dec, type Decimal, type EpochSeconds, type TenantId } from '#libs/kernel';
import { RateTable } from './cost-units.js';
import { toDemand, type Demand } from './demand.js';
import { isPoolEligible } from './eligibility.js';
import { explainRefusal } from './explain-refusal.js';
import { explainWait } from './explain-wait.js';
import { JobPlacer, type Placement, type PlacementContext } from './place-job.js';
import { canonicalPlan, hashText } from './plan-hash.js';
import type { Reason } from './reason.js';
import { Supply } from './supply.js';
import type {
  Forecast,
  Plan,
  PlannedReservation,
  PlannedSegment,
  PlannerJob,
  PlannerOptions,
  PlannerSnapshot,
  Refusal,
} from './types.js';

/**
 * A forecast or a refusal for every job, in rank order: each placement takes its nodes and its tenant's money before
 * the next job is looked at, so a job never moves one ranked before it. A reservation for each forecast whose first
 * segment starts soon. The same input gives the same plan, whatever the order of pools, lanes, windows and commitments.
 */
export function planJobs(snapshot: PlannerSnapshot, options: PlannerOptions): Plan {
  const round = new PlanningRound(snapshot, options);
  for (const job of snapshot.jobs) round.plan(job);
  const { forecasts, refusals, reservations } = round;
  return { forecasts, refusals, reservations, hash: hashText(canonicalPlan({ forecasts, refusals, reservations })) };
}

/** One pass over the jobs: what is left after the ranks so far. */
export class PlanningRound {
  readonly forecasts: Forecast[] = [];
  readonly refusals: Refusal[] = [];
  readonly reservations: PlannedReservation[] = [];
  readonly supply: Supply;
  readonly context: PlacementContext;
  private readonly spent = new Map<TenantId, Decimal>();
  private untouched: Supply | null = null;

  constructor(
    private readonly snapshot: PlannerSnapshot,
    private readonly options: PlannerOptions,
  ) {
    this.supply = new Supply(snapshot);
    this.context = {
      now: snapshot.now,
      horizonAt: snapshot.now + options.horizonSeconds,
      options,
      rates: new RateTable(options),
    };
  }

  plan(job: PlannerJob): void {
    const demand = toDemand(job, this.snapshot.now);
    const available = this.availableTo(job);
    const placement = new JobPlacer(this.supply, demand, available, this.context).place();
    if (placement === null) this.refusals.push({ jobId: job.id, reasons: this.explain(demand, available) });
    else this.accept(demand, placement);
  }

  /** The tenant's free money less what this plan's ranks so far take of it. */
  availableTo(job: PlannerJob): Decimal | null {
    return job.available === null ? null : job.available.minus(this.spent.get(job.tenantId) ?? 0);
  }

  explain(demand: Demand, available: Decimal | null): Reason[] {
    return explainRefusal({
      demand,
      available,
      supply: this.supply,
      untouchedSupply: () => (this.untouched ??= new Supply(this.snapshot)),
      context: this.context,
    });
  }

  private accept(demand: Demand, placement: Placement): void {
    const { job } = demand;
    const [first] = placement.segments;
    if (first === undefined) return;
    const isReserved = job.canReserve && this.isDue(first);
    const reasons = isReserved && placement.isComplete ? [] : this.reasonsOf(demand, placement, isReserved);
    this.forecasts.push(toForecast(job, placement, reasons));
    if (isReserved) this.reservations.push(this.reserve(job, first));
    for (const segment of placement.segments) this.supply.occupy(segment);
    this.spent.set(job.tenantId, (this.spent.get(job.tenantId) ?? dec(0)).plus(placement.hold));
  }

  private reasonsOf(demand: Demand, placement: Placement, isReserved: boolean): Reason[] {
    const reasons = explainWait(demand, placement, this.context, this.firstPlannedAt(demand.job));
    return isReserved ? reasons.filter((one) => one.code === 'BeyondHorizon') : reasons;
  }

  private firstPlannedAt(job: PlannerJob): EpochSeconds {
    let first = Infinity;
    for (const { pool, firstPlannedAt } of this.supply.pools)
      if (firstPlannedAt < first && isPoolEligible(pool, job)) first = firstPlannedAt;
    return first;
  }

  /** Within the commit horizon, or, where it waits for its window to open, within that lead. */
  private isDue(first: PlannedSegment): boolean {
    const { now } = this.snapshot;
    if (first.startsAt <= now + this.options.commitHorizonSeconds) return true;
    return this.supply.opensAt(first) === first.startsAt && first.startsAt <= now + this.options.windowOpenLeadSeconds;
  }

  private reserve(job: PlannerJob, segment: PlannedSegment): PlannedReservation {
    return { jobId: job.id, segment, hold: this.options.segmentHold(segment.laneId, segment.devices, segment) };
  }
}

export function toForecast(job: PlannerJob, placement: Placement, reasons: readonly Reason[]): Forecast {
  const { segments, isComplete, cost } = placement;
  return {
    jobId: job.id,
    segments,
    startsAt: segments[0]?.startsAt ?? 0,
    finishesAt: isComplete ? (segments.at(-1)?.endsAt ?? null) : null,
    cost,
    reasons,
  };
}
