import { Injectable } from '@nestjs/common';
import { CapacityQueries, type Commitment, type OfferTerms, type Supply, type SupplyLane } from '#libs/capacity';
import { CatalogQueries, type PoolSite } from '#libs/catalog';
import { PoolSites, Pricing } from '#libs/accounting';
import type { Currency, EpochSeconds, OfferId, PoolId } from '#libs/kernel';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { PLANNER_DEFAULTS, type PlannerLane, type PlannerOptions, type PlannerPool } from '#libs/planner';
import { costOf, holdOf, isPriceable, type LanePrice } from '../domain/lane-price.js';
import { transferSecondsOf } from '../domain/planner-job.js';
import { SCHEDULING } from '../scheduling.config.js';
import { type ClusterTiming, ClusterTimings } from './cluster-timings.js';

/** Supply with what it costs, as the planner and a quote take it. */
export interface PlanningSupply {
  readonly pools: readonly PlannerPool[];
  readonly lanes: readonly PlannerLane[];
  readonly sites: ReadonlyMap<PoolId, PoolSite>;
  readonly terms: ReadonlyMap<OfferId, OfferTerms>;
  readonly prices: ReadonlyMap<OfferId, LanePrice>;
  /** The longest lead of all clusters that have lanes. */
  readonly leadSeconds: number;
}

/** Joins offers, pools, device kinds, prices and the clusters' timing. */
@Injectable()
export class PlanningSupplyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly capacity: CapacityQueries,
    private readonly catalog: CatalogQueries,
    private readonly pricing: Pricing,
    private readonly meteringSites: PoolSites,
    private readonly timings: ClusterTimings,
  ) {}

  /** For the worker: with whose the committed nodes are. */
  async ofWorker(context: OperationContext, now: EpochSeconds): Promise<PlanningSupply & { readonly supply: Supply }> {
    const supply = await this.capacity.supply(context, span(now));
    return { supply, ...(await this.priced(context, supply)) };
  }

  /** For a quote: under the caller's own scope. */
  async ofCaller(
    context: OperationContext,
    now: EpochSeconds,
  ): Promise<PlanningSupply & { readonly supply: Supply<Commitment> }> {
    const supply = await this.capacity.publicSupply(context, span(now));
    return { supply, ...(await this.priced(context, supply)) };
  }

  private async priced(context: OperationContext, supply: Supply<Commitment>): Promise<PlanningSupply> {
    const sites = await this.catalog.sitesOfPools(context, [...new Set(supply.lanes.map((lane) => lane.poolId))]);
    const memory = await this.deviceMemory(context);
    const prices = await this.pricesOf(context, supply, sites);
    const timings = new Map([...sites].map(([id, site]) => [id, this.timings.timingOf(site.cluster)] as const));
    const isRunnable = (poolId: PoolId) => (timings.get(poolId) ?? null) !== null;
    return {
      pools: [...sites.values()].flatMap((site) => plannerPool(site, memory, isRunnable(site.poolId))),
      lanes: supply.lanes.flatMap((lane) => plannerLane(lane, prices, timings)),
      sites,
      terms: new Map(supply.lanes.map((lane): [OfferId, OfferTerms] => [lane.offerId, lane])),
      prices,
      leadSeconds: Math.max(0, ...[...timings.values()].map((timing) => timing?.leadSeconds ?? 0)),
    };
  }

  /** As they would be locked now. Offers on pools of which the catalog knows too little have none. */
  private async pricesOf(
    context: OperationContext,
    { lanes }: Supply<Commitment>,
    sites: ReadonlyMap<PoolId, PoolSite>,
  ): Promise<ReadonlyMap<OfferId, LanePrice>> {
    const offered = new Map(
      lanes.map((lane) => [
        lane.offerId,
        { perDeviceHour: lane.pricePerDeviceHour, electricity: lane.electricity } as const,
      ]),
    );
    return this.transactions.run(context, async (ctx) => {
      const schedules = await this.pricing.previewSchedules(ctx, offered);
      const metering = await this.meteringSites.sitesOf(ctx, [...sites.keys()]);
      const prices = new Map<OfferId, LanePrice>();
      for (const { offerId, poolId } of lanes) {
        const [schedule, site] = [schedules.get(offerId), metering.get(poolId)];
        const devicesPerNode = sites.get(poolId)?.devicesPerNode ?? null;
        if (schedule && site && devicesPerNode !== null) prices.set(offerId, { schedule, site, devicesPerNode });
      }
      return prices;
    });
  }

  private async deviceMemory(context: OperationContext): Promise<ReadonlyMap<string, number | null>> {
    const kinds = await this.catalog.listDeviceKinds(context, { limit: SCHEDULING.DEVICE_KINDS_MAX, cursor: null });
    return new Map(kinds.items.map((kind) => [kind.code, kind.memoryGib === null ? null : Number(kind.memoryGib)]));
  }
}

function span(now: EpochSeconds): { now: EpochSeconds; horizonEndsAt: EpochSeconds } {
  return { now, horizonEndsAt: now + PLANNER_DEFAULTS.horizonSeconds };
}

/** A pool whose device kind, devices or nodes nobody knows cannot be planned on. */
function plannerPool(site: PoolSite, memory: ReadonlyMap<string, number | null>, runnable: boolean): PlannerPool[] {
  const { deviceKind, devicesPerNode, nodes } = site;
  if (deviceKind === null || devicesPerNode === null || nodes === null) return [];
  const { id: centerId, code: centerCode } = site.center;
  const deviceMemoryGiB = memory.get(deviceKind) ?? null;
  return [{ id: site.poolId, centerId, centerCode, deviceKind, deviceMemoryGiB, devicesPerNode, nodes, runnable }];
}

/** What has no price is not for sale: an offer on a pool of too few facts, a window whose electricity nobody can cost. */
function plannerLane(
  lane: SupplyLane,
  prices: ReadonlyMap<OfferId, LanePrice>,
  timings: ReadonlyMap<PoolId, ClusterTiming | null>,
): PlannerLane[] {
  const price = prices.get(lane.offerId);
  if (!price) return [];
  return [
    {
      id: lane.offerId,
      poolId: lane.poolId,
      tenantsAllowed: lane.tenantsAllowed,
      minSegmentSeconds: lane.minSegmentSeconds,
      marginSeconds: timings.get(lane.poolId)?.marginSeconds ?? 0,
      windows: lane.windows.filter((window) => isPriceable(price, window)),
    },
  ];
}

/** The planner's options over one supply: prices by the only rating code, transfers by size. */
export function plannerOptions(supply: PlanningSupply, sizesGib: ReadonlyMap<string, number>): PlannerOptions {
  const priceOf = (laneId: OfferId): LanePrice => {
    const price = supply.prices.get(laneId);
    if (!price) throw new RangeError(`lane ${laneId} has no price`);
    return price;
  };
  return {
    ...PLANNER_DEFAULTS,
    transferSeconds: (job) => transferSecondsOf(sizesGib.get(job.id) ?? 0),
    segmentCost: (laneId, devices, interval) => costOf(priceOf(laneId), devices, interval),
    segmentHold: (laneId, devices, interval) => holdOf(priceOf(laneId), devices, interval),
  };
}

/** In which currency each lane is sold. */
export function laneCurrencies(supply: PlanningSupply): ReadonlyMap<OfferId, Currency> {
  return new Map([...supply.prices].map(([id, { schedule }]) => [id, schedule.currency]));
}
