import { Injectable } from '@nestjs/common';
import { energyOf, quoteUse } from '#libs/accounting';
import type { Quote, RequestQuote } from '#libs/contracts';
import {
  type EpochSeconds,
  fromEpochSeconds,
  type Interval,
  type JobId,
  Money,
  type QuoteId,
  type TenantId,
} from '#libs/kernel';
import { Clock, IdSource, nowSeconds, type OperationContext, PlatformConfig, TransactionRunner } from '#libs/platform';
import type { JobDemand } from '#libs/jobs';
import { type FeasiblePlacement, feasiblePlacements, type PlannedSegment, type PlannerJob } from '#libs/planner';
import { demandOfRequest } from '../domain/demand-of-request.js';
import { demandOf } from '../domain/planner-job.js';
import { quotedEnergy, quotedPrice, type QuoteOption } from '../domain/quote-option.js';
import { SCHEDULING } from '../scheduling.config.js';
import {
  laneCurrencies,
  type PlanningSupply,
  PlanningSupplyService,
  plannerOptions,
} from './planning-supply.service.js';
import { QuoteStore } from './quote.store.js';

/** Price, energy, carbon, start and finish of a job on each feasible pool, before it is submitted. */
@Injectable()
export class RequestQuoteService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly supply: PlanningSupplyService,
    private readonly quotes: QuoteStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly config: PlatformConfig,
  ) {}

  /** Kept until `validUntil`. Where no pool is feasible `options` is empty and `refusals` say why. */
  async execute(context: OperationContext, tenantId: TenantId, request: RequestQuote): Promise<Quote> {
    const now = nowSeconds(this.clock);
    const demand = demandOfRequest(request);
    return this.transactions.run(context, async (ctx) => {
      const { supply, ...priced } = await this.supply.ofCaller(ctx, now);
      const job = this.jobOf(demand, { now, tenantId, leadSeconds: priced.leadSeconds });
      // Whose the committed nodes are is not told to a caller, and no placement depends on it.
      const commitments = supply.commitments.map((one) => ({ ...one, jobId: job.id }));
      const options = plannerOptions(priced, new Map([[job.id, request.checkpoint?.sizeGiB ?? 0]]));
      const currencies = laneCurrencies(priced);
      const lanes = priced.lanes.filter((lane) => currencies.get(lane.id) === demand.currency);
      const found = feasiblePlacements({ now, pools: priced.pools, lanes, commitments, jobs: [] }, job, options);
      const quote: Quote = {
        id: this.ids.next<QuoteId>(),
        quotedAt: instant(now),
        validUntil: instant(now + SCHEDULING.QUOTE_SECONDS),
        options: found.placements.map((placement) => this.optionOf(placement, priced)),
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
    demand: JobDemand,
    facts: { readonly now: EpochSeconds; readonly tenantId: TenantId; readonly leadSeconds: number },
  ): PlannerJob {
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

  private optionOf(placement: FeasiblePlacement, supply: PlanningSupply): QuoteOption {
    const { forecast, poolId, centerCode: center, runnable } = placement;
    const pool = supply.pools.find((one) => one.id === poolId);
    const parts = forecast.segments.map((segment) => this.rate(segment, supply));
    const currency = parts[0]?.rated.currency;
    if (!pool || !currency) throw new RangeError(`pool ${poolId} was placed on without price`);
    return {
      ...{ center, poolId, runnable },
      deviceKind: pool.deviceKind,
      start: instant(forecast.startsAt),
      finish: forecast.finishesAt === null ? null : instant(forecast.finishesAt),
      segments: parts.map(({ segment, rated }) => ({
        ...{ center, poolId, windowId: segment.windowId, nodes: segment.nodes },
        start: instant(segment.startsAt),
        end: instant(segment.endsAt),
        cost: Money.of(rated.gross, currency).toJson(),
      })),
      price: quotedPrice(
        currency,
        parts.map((part) => part.rated),
      ),
      energy: quotedEnergy(parts.map((part) => part.energy)),
    };
  }

  private rate(segment: PlannedSegment, supply: PlanningSupply) {
    const price = supply.prices.get(segment.laneId);
    if (!price) throw new RangeError(`lane ${segment.laneId} has no price`);
    const use = useOf(segment);
    const rated = quoteUse(price.schedule, price.site, { ...use, billingZone: this.config.billingZone });
    return { segment, rated, energy: energyOf(price.site, use) };
  }
}

function useOf(segment: PlannedSegment): Interval & { readonly nodes: number; readonly devicesPerNode: number } {
  const { startsAt, endsAt, nodes, devices } = segment;
  return { startsAt, endsAt, nodes, devicesPerNode: devices / nodes };
}

function instant(at: EpochSeconds): string {
  return fromEpochSeconds(at).toISOString().replace('.000Z', 'Z');
}
