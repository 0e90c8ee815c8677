import { Injectable } from '@nestjs/common';
import { type EpochSeconds, fromEpochSeconds, type SegmentId } from '#libs/kernel';
import { execute, query, type TxContext } from '#libs/platform';
import { type NewReservation, ReservationStore } from '../application/reservation.store.js';

@Injectable()
export class PostgresReservationStore extends ReservationStore {
  async insertReservation(ctx: TxContext, reservation: NewReservation, createdAt: EpochSeconds): Promise<void> {
    const { reservationId, segmentId, windowId, poolId, nodes, interval } = reservation;
    await query(
      ctx,
      `INSERT INTO reservation (id, segment_id, window_id, pool_id, nodes, starts_at, ends_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        ...[reservationId, segmentId, windowId, poolId, nodes],
        ...[fromEpochSeconds(interval.startsAt), fromEpochSeconds(interval.endsAt), fromEpochSeconds(createdAt)],
      ],
    );
  }

  async release(ctx: TxContext, segmentId: SegmentId, at: EpochSeconds): Promise<boolean> {
    const sql = `UPDATE reservation SET released_at = $2 WHERE segment_id = $1 AND released_at IS NULL`;
    return (await execute(ctx, sql, [segmentId, fromEpochSeconds(at)])) === 1;
  }

  async shorten(ctx: TxContext, segmentId: SegmentId, endsAt: EpochSeconds): Promise<boolean> {
    const sql = `UPDATE reservation SET ends_at = $2
      WHERE segment_id = $1 AND released_at IS NULL AND starts_at < $2 AND ends_at > $2`;
    return (await execute(ctx, sql, [segmentId, fromEpochSeconds(endsAt)])) === 1;
  }
}
