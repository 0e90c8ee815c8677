import { Injectable, Logger } from '@nestjs/common';
import { Holds, JobCostQueries } from '#libs/accounting';
import { ExtendWindowsService } from '#libs/capacity';
import { JobQueries, type PlannableJob } from '#libs/jobs';
import { DAY_SECONDS, type EpochSeconds, type JobId } from '#libs/kernel';
import {
  Clock,
  IdSource,
  Metrics,
  nowSeconds,
  type OperationContext,
  systemContext,
  TransactionRunner,
} from '#libs/platform';
import type { Plan, PlannerJob, PlannerSnapshot } from '#libs/planner';
import { hasChanged } from '../domain/forecast-change.js';
import { forecastsOfPlan } from '../domain/forecasts-of-plan.js';
import { type Currencies, planByCurrency } from '../domain/plan-by-currency.js';
import { NOTHING, plannerJobOf, secondsToPlan } from '../domain/planner-job.js';
import { SCHEDULING } from '../scheduling.config.js';
import { type CommitAnswer, CommitReservationService } from './commit-reservation.service.js';
import { EndOverdueJobsService } from './end-overdue-jobs.service.js';
import { ForecastStore } from './forecast.store.js';
import { PlanCycleStore } from './plan-cycle.store.js';
import {
  laneCurrencies,
  type PlanningSupply,
  PlanningSupplyService,
  plannerOptions,
} from './planning-supply.service.js';

interface Round extends PlanningSupply {
  readonly now: EpochSeconds;
  readonly jobs: ReadonlyMap<JobId, PlannableJob>;
  readonly planned: ReadonlyMap<JobId, PlannerJob>;
  readonly snapshot: PlannerSnapshot;
  readonly currencies: Currencies;
  readonly windowGenerations: ReadonlyMap<string, number>;
}

type Refusals = ReadonlyMap<JobId, CommitAnswer>;

interface Outcome {
  readonly plan: Plan;
  readonly round: Round;
  /** Of the last plan's reservations. */
  readonly refusals: Refusals;
  readonly reserved: number;
  readonly lostRaces: number;
}

/**
 * One cycle of the planner: 1. be the only one, open windows, end what is past its deadline; 2. load a snapshot; 3. plan; 4. commit what starts soon, in rank order;
 * 5. where supply was not what the plan saw, plan afresh; 6. write the forecasts that changed.
 */
@Injectable()
export class PlanRoundService {
  private readonly logger = new Logger('Planner');

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly metrics: Metrics,
    private readonly jobQueries: JobQueries,
    private readonly costs: JobCostQueries,
    private readonly holds: Holds,
    private readonly supply: PlanningSupplyService,
    private readonly windows: ExtendWindowsService,
    private readonly overdue: EndOverdueJobsService,
    private readonly commit: CommitReservationService,
    private readonly forecasts: ForecastStore,
    private readonly cycles: PlanCycleStore,
  ) {}

  /** False where another process plans at this moment. */
  async execute(): Promise<boolean> {
    const context = systemContext('planner', `plan-${this.ids.next<string>()}`);
    // The lock goes with this transaction, which does nothing else: the round's own are short.
    return this.transactions.run(context, async (lock) => {
      if (!(await this.cycles.tryLock(lock))) return false;
      const startedAt = this.clock.now().getTime();
      await this.windows.execute({ ...context });
      await this.overdue.execute({ ...context });
      const outcome = await this.planUntilItFits({ ...context });
      await this.writeForecasts({ ...context }, outcome);
      await this.keepCycle({ ...context }, outcome, startedAt);
      return true;
    });
  }

  /** Whether a plan could change something: work waits that nothing is reserved for, or a forecast outlives its job's waiting. */
  async isDue(): Promise<boolean> {
    const context = systemContext('planner', 'sweep');
    const waiting = await this.jobQueries.findWaitingJobs(context);
    if (waiting.some((job) => job.reservedSegment === null && secondsToPlan(job) > 0)) return true;
    const planned = new Set(waiting.filter((job) => secondsToPlan(job) > 0).map((job) => job.id));
    const forecast = await this.transactions.run(context, (ctx) => this.forecasts.forecastJobIds(ctx));
    return forecast.some((jobId) => !planned.has(jobId));
  }

  private async planUntilItFits(context: OperationContext): Promise<Outcome> {
    let reserved = 0;
    let lostRaces = 0;
    for (let freshPlans = 0; ; freshPlans++) {
      const round = await this.load(context);
      const sizes = new Map([...round.jobs.values()].map((job) => [job.id, job.checkpoint?.sizeGib ?? 0]));
      const plan = planByCurrency(round.snapshot, round.currencies, plannerOptions(round, sizes));
      const refusals = await this.commitAll(context, round, plan);
      reserved += plan.reservations.length - refusals.size;
      lostRaces += refusals.size;
      if (refusals.size === 0 || freshPlans >= SCHEDULING.FRESH_PLANS_MAX)
        return { plan, round, refusals, reserved, lostRaces };
    }
  }

  private async load(context: OperationContext): Promise<Round> {
    const now = nowSeconds(this.clock);
    const { supply, ...priced } = await this.supply.ofWorker(context, now);
    const waiting = await this.jobQueries.findWaitingJobs(context);
    const available = await this.transactions.run(context, (ctx) =>
      this.holds.available(ctx, [...new Set(waiting.map((job) => job.tenantId))]),
    );
    const committed = await this.costs.committedOfJobs(
      context,
      waiting.map((job) => job.id),
    );
    const planned = waiting.flatMap(
      (job) =>
        plannerJobOf(job, {
          now,
          leadSeconds: priced.leadSeconds,
          available: available.get(job.tenantId)?.get(job.currency) ?? NOTHING,
          committed: committed.get(job.id)?.get(job.currency) ?? NOTHING,
        }) ?? [],
    );
    const owners = ownersOf(waiting);
    const commitments = supply.commitments.map((one) => ({
      ...one,
      jobId: owners.get(one.segmentId) ?? (one.segmentId as string as JobId),
    }));
    return {
      ...priced,
      now,
      jobs: new Map(waiting.map((job) => [job.id, job])),
      planned: new Map(planned.map((job) => [job.id, job])),
      snapshot: { now, pools: priced.pools, lanes: priced.lanes, commitments, jobs: planned },
      currencies: { ofJob: new Map(waiting.map((job) => [job.id, job.currency])), ofLane: laneCurrencies(priced) },
      windowGenerations: new Map(
        supply.lanes.flatMap((lane) => lane.windows.map((window) => [window.id, window.generation])),
      ),
    };
  }

  /** In rank order. Answers which jobs were refused, and by what. */
  private async commitAll(context: OperationContext, round: Round, plan: Plan): Promise<Refusals> {
    const refusals = new Map<JobId, CommitAnswer>();
    for (const reservation of plan.reservations) {
      const job = round.jobs.get(reservation.jobId);
      const planned = round.planned.get(reservation.jobId);
      if (!job || !planned) continue;
      const answer = await this.commit.execute(context, {
        tenantId: job.tenantId,
        reservation,
        expectedUsefulSeconds: job.walltimeSeconds - planned.remainingSeconds + reservation.segment.usefulSeconds,
        windowGeneration: round.windowGenerations.get(reservation.segment.windowId) ?? 0,
        supply: round,
      });
      if (answer === 'reserved') continue;
      this.logger.log(`job ${job.id} not reserved: ${answer}`);
      refusals.set(job.id, answer);
    }
    return refusals;
  }

  private async writeForecasts(context: OperationContext, outcome: Outcome): Promise<void> {
    const fresh = forecastsOfPlan(outcome.plan, { ...outcome.round, unfunded: unfundedOf(outcome) });
    await this.transactions.run(context, async (ctx) => {
      const before = new Map((await this.forecasts.allForecasts(ctx)).map((forecast) => [forecast.jobId, forecast]));
      await this.forecasts.saveForecasts(
        ctx,
        fresh.filter((forecast) => hasChanged(before.get(forecast.jobId), forecast)),
      );
      const current = new Set(fresh.map((forecast) => forecast.jobId));
      await this.forecasts.deleteForecasts(
        ctx,
        [...before.keys()].filter((jobId) => !current.has(jobId)),
      );
    });
  }

  private async keepCycle(context: OperationContext, outcome: Outcome, startedAtMs: number): Promise<void> {
    const { plan, round, reserved, lostRaces } = outcome;
    const seconds = (this.clock.now().getTime() - startedAtMs) / 1000;
    const counts = {
      jobs: round.snapshot.jobs.length,
      placed: plan.forecasts.length,
      refused: plan.refusals.length,
      reserved,
      lostRaces,
    };
    const cycle = { id: this.ids.next<string>(), startedAt: round.now, seconds, planHash: plan.hash, ...counts };
    await this.transactions.run(context, async (ctx) => {
      await this.cycles.insertCycle(ctx, cycle);
      await this.cycles.deleteCyclesBefore(ctx, round.now - SCHEDULING.CYCLE_DAYS * DAY_SECONDS);
    });
    this.metrics.planSeconds.observe(seconds);
    this.metrics.lostRaces.inc(lostRaces);
    this.metrics.planJobs.set({ result: 'placed' }, counts.placed);
    this.metrics.planJobs.set({ result: 'refused' }, counts.refused);
  }
}

function ownersOf(jobs: readonly PlannableJob[]): ReadonlyMap<string, JobId> {
  const owners = new Map<string, JobId>();
  for (const job of jobs)
    for (const segment of [job.liveSegment, job.reservedSegment]) if (segment) owners.set(segment.id, job.id);
  return owners;
}

function unfundedOf({ refusals }: Outcome): ReadonlySet<JobId> {
  return new Set([...refusals].flatMap(([jobId, answer]) => (answer === 'insufficient-funds' ? [jobId] : [])));
}
