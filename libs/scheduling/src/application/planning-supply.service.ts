import { Injectable } from '@nestjs/common';
import { CapacityQueries, type Commitment, type OfferTerms, type Supply } from '#libs/capacity';
import { CatalogQueries, type PoolSite } from '#libs/catalog';
import { Pricing } from '#libs/accounting';
import type { EpochSeconds, Interval, OfferId, PoolId } from '#libs/kernel';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { PLANNER_DEFAULTS, type PlannerLane, type PlannerOptions, type PlannerPool } from '#libs/planner';
import { holdAmount, type PriceSchedule, rateInterval } from '#libs/pricing';
import { transferSecondsOf } from '../domain/planner-job.js';
import { SCHEDULING } from '../scheduling.config.js';
import { ClusterTimings } from './cluster-timings.js';

/** Supply with what it costs, as the planner and a quote take it. */
export interface PlanningSupply {
  readonly pools: readonly PlannerPool[];
  readonly lanes: readonly PlannerLane[];
  readonly sites: ReadonlyMap<PoolId, PoolSite>;
  readonly terms: ReadonlyMap<OfferId, OfferTerms>;
  readonly schedules: ReadonlyMap<OfferId, PriceSchedule>;
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
    const poolIds = [...new Set(supply.lanes.map((lane) => lane.poolId))];
    const sites = await this.catalog.sitesOfPools(context, poolIds);
    const memory = await this.deviceMemory(context);
    const terms = new Map(supply.lanes.map((lane): [OfferId, OfferTerms] => [lane.offerId, lane]));
    const prices = new Map(
      [...terms].map(
        ([id, { pricePerDeviceHour: perDeviceHour, electricity }]) => [id, { perDeviceHour, electricity }] as const,
      ),
    );
    const schedules = await this.transactions.run(context, (ctx) => this.pricing.previewSchedules(ctx, prices));
    const timings = new Map([...sites].map(([id, site]) => [id, this.timings.timingOf(site.cluster)] as const));
    const pools = [...sites.values()].flatMap((site) => plannerPool(site, memory));
    const lanes = supply.lanes.map((lane): PlannerLane => ({
      id: lane.offerId,
      poolId: lane.poolId,
      tenantsAllowed: lane.tenantsAllowed,
      minSegmentSeconds: lane.minSegmentSeconds,
      marginSeconds: timings.get(lane.poolId)?.marginSeconds ?? 0,
      windows: lane.windows,
    }));
    const leadSeconds = Math.max(0, ...[...timings.values()].map((timing) => timing?.leadSeconds ?? 0));
    return { pools, lanes, sites, terms, schedules, leadSeconds };
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
function plannerPool(site: PoolSite, memory: ReadonlyMap<string, number | null>): PlannerPool[] {
  const { deviceKind, devicesPerNode, nodes } = site;
  if (deviceKind === null || devicesPerNode === null || nodes === null) return [];
  const { id: centerId, code: centerCode } = site.center;
  const deviceMemoryGiB = memory.get(deviceKind) ?? null;
  const runnable = site.cluster.connector !== null;
  return [{ id: site.poolId, centerId, centerCode, deviceKind, deviceMemoryGiB, devicesPerNode, nodes, runnable }];
}

/** The planner's options over one supply: prices by the only rating code, transfers by size. */
export function plannerOptions(supply: PlanningSupply, sizesGib: ReadonlyMap<string, number>): PlannerOptions {
  const scheduleOf = (laneId: OfferId): PriceSchedule => {
    const schedule = supply.schedules.get(laneId);
    if (!schedule) throw new RangeError(`lane ${laneId} has no price`);
    return schedule;
  };
  const seconds = (interval: Interval) => interval.endsAt - interval.startsAt;
  return {
    ...PLANNER_DEFAULTS,
    transferSeconds: (job) => transferSecondsOf(sizesGib.get(job.id) ?? 0),
    segmentCost: (laneId, devices, interval) => rateInterval(scheduleOf(laneId), devices * seconds(interval)).gross,
    segmentHold: (laneId, devices, interval) => holdAmount(scheduleOf(laneId), devices, seconds(interval)).amount,
  };
}
