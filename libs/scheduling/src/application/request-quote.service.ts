import { Injectable } from '@nestjs/common';
import { energyOf, PoolSites, quoteUse } from '#libs/accounting';
import type { Quote, RequestQuote } from '#libs/contracts';
import {
  type EpochSeconds,
  formatDecimal,
  fromEpochSeconds,
  type Interval,
  type JobId,
  type QuoteId,
  type TenantId,
} from '#libs/kernel';
import { Clock, IdSource, nowSeconds, type OperationContext, PlatformConfig, TransactionRunner } from '#libs/platform';
import { type FeasiblePlacement, feasiblePlacements, type PlannedSegment, type PlannerJob } from '#libs/planner';
import { demandOfRequest } from '../domain/demand-of-request.js';
import { demandOf } from '../domain/planner-job.js';
import { quotedEnergy, quotedPrice, type QuoteOption } from '../domain/quote-option.js';
import { SCHEDULING } from '../scheduling.config.js';
import { type PlanningSupply, PlanningSupplyService, plannerOptions } from './planning-supply.service.js';
import { QuoteStore } from './quote.store.js';

type MeteringSites = Awaited<ReturnType<PoolSites['sitesOf']>>;

/** Price, energy, carbon, start and finish of a job on each feasible pool, before it is submitted. */
@Injectable()
export class RequestQuoteService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly supply: PlanningSupplyService,
    private readonly sites: PoolSites,
    private readonly quotes: QuoteStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly config: PlatformConfig,
  ) {}

  /** Kept until `validUntil`. Where no pool is feasible `options` is empty and `refusals` say why. */
  async execute(context: OperationContext, tenantId: TenantId, request: RequestQuote): Promise<Quote> {
    const now = nowSeconds(this.clock);
    return this.transactions.run(context, async (ctx) => {
      const { supply, ...priced } = await this.supply.ofCaller(ctx, now);
      const job = this.jobOf(request, { now, tenantId, leadSeconds: priced.leadSeconds });
      // Whose the committed nodes are is not told to a caller, and no placement depends on it.
      const commitments = supply.commitments.map((one) => ({ ...one, jobId: job.id }));
      const options = plannerOptions(priced, new Map([[job.id, request.checkpoint?.sizeGiB ?? 0]]));
      const found = feasiblePlacements(
        { now, pools: priced.pools, lanes: priced.lanes, commitments, jobs: [] },
        job,
        options,
      );
      const sites = await this.sites.sitesOf(
        ctx,
        found.placements.map((placement) => placement.poolId),
      );
      const quote: Quote = {
        id: this.ids.next<QuoteId>(),
        quotedAt: instant(now),
        validUntil: instant(now + SCHEDULING.QUOTE_SECONDS),
        options: found.placements.map((placement) => this.optionOf(placement, priced, sites)),
        refusals: found.reasons.map((reason) => ({ ...reason, figures: { ...reason.figures } })),
      };
      await this.quotes.insertQuote(ctx, tenantId, request, quote);
      return quote;
    });
  }

  /** `expired` from `validUntil` on; `unknown` where there is none, or it is another tenant's. */
  async stateOf(context: OperationContext, quoteId: QuoteId): Promise<'valid' | 'expired' | 'unknown'> {
    const validUntil = await this.transactions.run(context, (ctx) => this.quotes.findValidUntil(ctx, quoteId));
    if (validUntil === null) return 'unknown';
    return this.clock.now() < validUntil ? 'valid' : 'expired';
  }

  private jobOf(
    request: RequestQuote,
    facts: { readonly now: EpochSeconds; readonly tenantId: TenantId; readonly leadSeconds: number },
  ): PlannerJob {
    const demand = demandOfRequest(request);
    return {
      ...demandOf(demand, facts.leadSeconds),
      id: this.ids.next<JobId>(),
      tenantId: facts.tenantId,
      remainingSeconds: demand.walltimeSeconds,
      lastCenterId: null,
      submittedAt: facts.now,
      readyAt: Math.max(facts.now, demand.earliestStartAt ?? 0),
      canReserve: true,
      maxCost: demand.maxCost?.amount ?? null,
      available: null,
    };
  }

  private optionOf(placement: FeasiblePlacement, supply: PlanningSupply, sites: MeteringSites): QuoteOption {
    const { forecast, poolId, centerCode: center, runnable } = placement;
    const site = sites.get(poolId);
    const pool = supply.pools.find((one) => one.id === poolId);
    const parts = forecast.segments.map((segment) => ({ segment, schedule: supply.schedules.get(segment.laneId) }));
    const currency = parts[0]?.schedule?.currency;
    if (!site || !pool || !currency) throw new RangeError(`pool ${poolId} was placed on without site or price`);
    const billingZone = this.config.billingZone;
    const rated = parts.flatMap(({ segment, schedule }) =>
      schedule ? [quoteUse(schedule, site, { ...useOf(segment), billingZone })] : [],
    );
    return {
      ...{ center, poolId, runnable },
      deviceKind: pool.deviceKind,
      start: instant(forecast.startsAt),
      finish: forecast.finishesAt === null ? null : instant(forecast.finishesAt),
      segments: forecast.segments.map((segment) => ({
        ...{ center, poolId, windowId: segment.windowId, nodes: segment.nodes },
        start: instant(segment.startsAt),
        end: instant(segment.endsAt),
        cost: { amount: formatDecimal(segment.cost, 2), currency },
      })),
      price: quotedPrice(currency, rated),
      energy: quotedEnergy(forecast.segments.map((segment) => energyOf(site, useOf(segment)))),
    };
  }
}

function useOf(segment: PlannedSegment): Interval & { readonly nodes: number; readonly devicesPerNode: number } {
  const { startsAt, endsAt, nodes, devices } = segment;
  return { startsAt, endsAt, nodes, devicesPerNode: devices / nodes };
}

function instant(at: EpochSeconds): string {
  return fromEpochSeconds(at).toISOString();
}
