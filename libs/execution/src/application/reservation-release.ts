import { Injectable } from '@nestjs/common';
import type { SegmentId } from '#libs/kernel';
import { Holds } from '#libs/accounting';
import { ReserveCapacity } from '#libs/capacity';
import { JobQueries, SegmentReservations } from '#libs/jobs';
import { afterCommit, Clock, Doorbells, nowSeconds, type TxContext } from '#libs/platform';

/** Takes a promise back before it is dispatched: the segment, its nodes and its money at once. */
@Injectable()
export class ReservationRelease {
  constructor(
    private readonly clock: Clock,
    private readonly doorbells: Doorbells,
    private readonly jobs: JobQueries,
    private readonly reservations: SegmentReservations,
    private readonly capacity: ReserveCapacity,
    private readonly holds: Holds,
  ) {}

  /** False where it is not reserved any more. Its job waits again, or ends where that was asked for. */
  async giveUp(ctx: TxContext, segmentId: SegmentId, reason: string): Promise<boolean> {
    if (!(await this.reservations.releaseSegment(ctx, segmentId, reason))) return false;
    const segment = await this.jobs.findSegment(ctx, segmentId);
    await this.capacity.release(ctx, segmentId, nowSeconds(this.clock));
    if (segment) await this.holds.release(ctx, segment.holdId);
    afterCommit(ctx, () => this.doorbells.ring('plan-round', 'all'));
    return true;
  }
}
