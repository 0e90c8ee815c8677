import type { EpochSeconds, Interval, PoolId, ReservationId, SegmentId, WindowId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';

export interface NewReservation {
  readonly reservationId: ReservationId;
  readonly segmentId: SegmentId;
  readonly windowId: WindowId;
  readonly poolId: PoolId;
  readonly nodes: number;
  readonly interval: Interval;
}

export abstract class ReservationStore {
  /** The caller holds the locks on the pool and the window; the database measures all the same. */
  abstract insertReservation(ctx: TxContext, reservation: NewReservation, createdAt: EpochSeconds): Promise<void>;
  /** False where nothing of the segment stands. */
  abstract release(ctx: TxContext, segmentId: SegmentId, at: EpochSeconds): Promise<boolean>;
  /** False where nothing of the segment stands that starts before `endsAt` and ends after it. */
  abstract shorten(ctx: TxContext, segmentId: SegmentId, endsAt: EpochSeconds): Promise<boolean>;
}
