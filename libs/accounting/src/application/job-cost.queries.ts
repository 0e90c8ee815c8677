import { Injectable } from '@nestjs/common';
import type { Currency, Decimal, JobId, PriceScheduleId } from '#libs/kernel';
import {
  Clock,
  type OperationContext,
  PlatformConfig,
  TransactionRunner,
  type TxContext,
  nowSeconds,
} from '#libs/platform';
import { type PriceSchedule, PricingError, type Rated } from '#libs/pricing';
import { type CostPart, jobCosts, noCost } from '../domain/job-cost.js';
import { type MeteredAttempt, openUsage } from '../domain/metered-attempt.js';
import type { MeteringSite } from '../domain/metering-site.js';
import { rateRecord } from '../domain/price-use.js';
import type { JobCost } from '../domain/reports.js';
import { MeterStore } from './meter.store.js';
import { PoolSites } from './pool-sites.js';
import { PriceStore } from './price.store.js';
import { type UnchargedRecord, UsageStore } from './usage.store.js';

type Schedules = ReadonlyMap<PriceScheduleId, PriceSchedule>;

/** What jobs have cost: charged, and used but not charged yet, rated on read by the same code. */
@Injectable()
export class JobCostQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly usage: UsageStore,
    private readonly meter: MeterStore,
    private readonly prices: PriceStore,
    private readonly sites: PoolSites,
    private readonly clock: Clock,
    private readonly config: PlatformConfig,
  ) {}

  /** By job, one cost a currency; jobs that have used nothing are missing. */
  async costsOfJobs(context: OperationContext, jobIds: readonly JobId[]): Promise<ReadonlyMap<JobId, JobCost[]>> {
    if (jobIds.length === 0) return new Map();
    return this.transactions.run(context, async (ctx) => {
      const charged = await this.usage.sumCharges(ctx, jobIds);
      const parts = charged.map((sum): CostPart => ({ ...sum, kind: 'charged' }));
      return jobCosts([...parts, ...(await this.provisionalParts(ctx, jobIds))]);
    });
  }

  /** In the job's own currency; zero where nothing was used. */
  async costOfJob(context: OperationContext, jobId: JobId, currency: Currency): Promise<JobCost> {
    const costs = (await this.costsOfJobs(context, [jobId])).get(jobId) ?? [];
    return costs.find((cost) => cost.currency === currency) ?? noCost(jobId, currency);
  }

  /**
   * What jobs may have cost once their reserved and live segments are over: charged, and what is left of open holds, by
   * currency. What a `maxCost` still leaves to plan with is the rest.
   */
  async committedOfJobs(
    context: OperationContext,
    jobIds: readonly JobId[],
  ): Promise<ReadonlyMap<JobId, ReadonlyMap<Currency, Decimal>>> {
    const sums = await this.transactions.run(context, (ctx) => this.usage.sumCommitted(ctx, jobIds));
    const byJob = new Map<JobId, Map<Currency, Decimal>>();
    for (const { jobId, currency, gross } of sums)
      byJob.set(jobId, (byJob.get(jobId) ?? new Map<Currency, Decimal>()).set(currency, gross));
    return byJob;
  }

  private async provisionalParts(ctx: TxContext, jobIds: readonly JobId[]): Promise<CostPart[]> {
    const uncharged = await this.usage.findUncharged(ctx, jobIds);
    const open = await this.meter.findUnclosedOfJobs(ctx, jobIds);
    if (uncharged.length + open.length === 0) return [];
    const scheduleIds = [...uncharged, ...open].map((each) => each.priceScheduleId);
    const schedules = await this.prices.findSchedules(ctx, [...new Set(scheduleIds)]);
    const sites = await this.sites.sitesOf(ctx, [...new Set(open.map((attempt) => attempt.poolId))]);
    const tails = open.flatMap((attempt) => this.tailOf(attempt, sites.get(attempt.poolId)));
    return [...uncharged, ...tails].flatMap((record) => provisionalPart(record, schedules));
  }

  private tailOf(attempt: MeteredAttempt, site: MeteringSite | undefined): UnchargedRecord[] {
    if (!site) return [];
    const { jobId, priceScheduleId } = attempt;
    const terms = { now: nowSeconds(this.clock), billingZone: this.config.billingZone, site };
    return openUsage(attempt, terms).map(({ billableDeviceSeconds, energy }) => {
      const { electricityCost, electricityCurrency } = energy;
      return { jobId, priceScheduleId, billableDeviceSeconds, electricityCost, electricityCurrency };
    });
  }
}

/** What cannot be rated yet has no provisional price; rating keeps its problem. */
function provisionalPart(record: UnchargedRecord, schedules: Schedules): CostPart[] {
  const schedule = schedules.get(record.priceScheduleId);
  const rated = schedule ? ratedOrNull(schedule, record) : null;
  if (rated === null) return [];
  return [{ jobId: record.jobId, currency: rated.currency, kind: 'provisional', sums: rated }];
}

function ratedOrNull(schedule: PriceSchedule, record: UnchargedRecord): Rated | null {
  try {
    return rateRecord(schedule, record);
  } catch (error) {
    if (error instanceof PricingError) return null;
    throw error;
  }
}
