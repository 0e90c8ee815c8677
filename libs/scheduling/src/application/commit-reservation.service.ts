import { Injectable } from '@nestjs/common';
import { Holds, Pricing } from '#libs/accounting';
import { ReserveCapacity } from '#libs/capacity';
import { SegmentReservations } from '#libs/jobs';
import type { HoldId, ReservationId, SegmentId, TenantId } from '#libs/kernel';
import {
  afterCommit,
  crashPoint,
  Doorbells,
  IdSource,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import type { PlannedReservation, PlannedSegment } from '#libs/planner';
import { PricingError } from '#libs/pricing';
import type { PlanningSupply } from './planning-supply.service.js';

export interface CommitReservationInput {
  readonly tenantId: TenantId;
  readonly reservation: PlannedReservation;
  /** The job's useful run time, in all, if the segment goes as planned. */
  readonly expectedUsefulSeconds: number;
  readonly windowGeneration: number;
  readonly supply: PlanningSupply;
}

/** `no-capacity` and `window-changed`: supply, or its price, is not what the plan saw. `job-changed`: neither is the job. */
export type CommitAnswer = 'reserved' | 'no-capacity' | 'window-changed' | 'job-changed' | 'insufficient-funds';

class NotReserved extends Error {
  constructor(readonly answer: Exclude<CommitAnswer, 'reserved'>) {
    super(answer);
  }
}

/**
 * Makes one planned segment a promise: nodes, segment, price and money in one transaction, or nothing.
 * Locks in the order pool, window, job, account.
 */
@Injectable()
export class CommitReservationService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly capacity: ReserveCapacity,
    private readonly segments: SegmentReservations,
    private readonly pricing: Pricing,
    private readonly holds: Holds,
    private readonly bells: Doorbells,
    private readonly ids: IdSource,
  ) {}

  async execute(context: OperationContext, input: CommitReservationInput): Promise<CommitAnswer> {
    try {
      await this.transactions.run(context, async (ctx) => {
        await this.reserve(ctx, input);
        crashPoint('reserve:before-commit');
      });
      crashPoint('reserve:after-commit');
      return 'reserved';
    } catch (error) {
      if (error instanceof NotReserved) return error.answer;
      // Electricity that could be costed when this was planned cannot any more: no sale, and no harm to other jobs.
      if (error instanceof PricingError) return 'window-changed';
      throw error;
    }
  }

  private async reserve(ctx: TxContext, input: CommitReservationInput): Promise<void> {
    const { segment } = input.reservation;
    const segmentId = this.ids.next<SegmentId>();
    const { windowId, poolId, nodes } = segment;
    const interval = { startsAt: segment.startsAt, endsAt: segment.endsAt };
    const reservationId = this.ids.next<ReservationId>();
    const { windowGeneration } = input;
    const taken = await this.capacity.reserve(ctx, {
      reservationId,
      segmentId,
      windowId,
      poolId,
      nodes,
      interval,
      windowGeneration,
    });
    if (taken !== 'reserved') throw new NotReserved(taken);
    const ids = await this.createSegment(ctx, input, segmentId);
    await this.hold(ctx, input, { ...ids, segmentId });
    afterCommit(ctx, () => this.bells.ring('dispatch-segment', segmentId));
  }

  private async createSegment(ctx: TxContext, input: CommitReservationInput, segmentId: SegmentId) {
    const { segment, jobId } = input.reservation;
    const terms = input.supply.terms.get(segment.laneId);
    const site = input.supply.sites.get(segment.poolId);
    if (!terms || !site) throw new NotReserved('window-changed');
    const { pricePerDeviceHour: perDeviceHour, electricity } = terms;
    const offerId = segment.laneId;
    const priceScheduleId = await this.pricing.lockSchedule(ctx, {
      tenantId: input.tenantId,
      offerId,
      perDeviceHour,
      electricity,
    });
    const holdId = this.ids.next<HoldId>();
    const answer = await this.segments.createSegment(ctx, {
      ...{ segmentId, jobId, offerId, priceScheduleId, holdId },
      centerId: segment.centerId,
      clusterId: site.cluster.id,
      poolId: segment.poolId,
      windowId: segment.windowId,
      windowGeneration: input.windowGeneration,
      nodes: segment.nodes,
      devicesPerNode: devicesPerNode(segment),
      expectedUsefulSeconds: input.expectedUsefulSeconds,
      interval: { startsAt: segment.startsAt, endsAt: segment.endsAt },
    });
    if (answer !== 'created') throw new NotReserved(answer);
    return { priceScheduleId, holdId };
  }

  private async hold(
    ctx: TxContext,
    input: CommitReservationInput,
    ids: Pick<Parameters<Holds['place']>[1], 'holdId' | 'priceScheduleId' | 'segmentId'>,
  ): Promise<void> {
    const { segment, jobId } = input.reservation;
    const { startsAt, endsAt, poolId, nodes } = segment;
    const use = { startsAt, endsAt, poolId, nodes, devicesPerNode: devicesPerNode(segment) };
    const answer = await this.holds.place(ctx, { ...ids, ...use, jobId, tenantId: input.tenantId });
    if (answer !== 'held') throw new NotReserved(answer);
  }
}

function devicesPerNode(segment: PlannedSegment): number {
  return segment.devices / segment.nodes;
}
