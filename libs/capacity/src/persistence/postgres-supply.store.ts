import { Injectable } from '@nestjs/common';
import {
  type EpochSeconds,
  fromEpochSeconds,
  type OfferId,
  type PoolId,
  type SegmentId,
  type WindowId,
} from '#libs/kernel';
import { decodeCursor, execute, query, type TxContext } from '#libs/platform';
import {
  type LockedPool,
  type LockedWindow,
  SupplyStore,
  type WindowFacts,
  type WindowFilter,
} from '../application/supply.store.js';
import type { Commitment, SegmentCommitment } from '../domain/commitment.js';
import type { SupplyViewer } from '../domain/visibility.js';
import type { OfferWindow } from '../domain/window.js';
import {
  commitmentFromDb,
  type CommitmentRow,
  lockedPoolFromDb,
  lockedWindowFromDb,
  type PoolRow,
  segmentCommitmentFromDb,
  WINDOW_COLUMNS,
  windowFactsFromDb,
  type WindowFactsRow,
  windowFromDb,
  type WindowRow,
} from './capacity.mapping.js';

/**
 * FOR NO KEY UPDATE: takers of a pool's or window's nodes exclude each other, and rows that only cite the pool by a
 * foreign key do not wait. The database's own trigger takes the same locks in the same order.
 */
@Injectable()
export class PostgresSupplyStore extends SupplyStore {
  async lockPools(ctx: TxContext, poolIds: readonly PoolId[]): Promise<LockedPool[]> {
    const rows = await query<PoolRow>(
      ctx,
      `SELECT id, center_id, nodes, devices_per_node, device_kind FROM pool WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`,
      [poolIds],
    );
    return rows.map(lockedPoolFromDb);
  }

  async lockWindow(ctx: TxContext, windowId: WindowId): Promise<LockedWindow | null> {
    const sql = `SELECT ${WINDOW_COLUMNS} FROM offer_window w WHERE w.id = $1 FOR NO KEY UPDATE`;
    const [row] = await query<WindowRow>(ctx, sql, [windowId]);
    return row ? lockedWindowFromDb(row) : null;
  }

  async lockOpenWindows(ctx: TxContext, offerId: OfferId, now: EpochSeconds): Promise<LockedWindow[]> {
    const rows = await query<WindowRow>(
      ctx,
      `SELECT ${WINDOW_COLUMNS} FROM offer_window w WHERE w.offer_id = $1 AND w.state = 'open' AND w.ends_at > $2
       ORDER BY w.id FOR NO KEY UPDATE`,
      [offerId, fromEpochSeconds(now)],
    );
    return rows.map(lockedWindowFromDb);
  }

  async insertWindows(ctx: TxContext, windows: readonly OfferWindow[], createdAt: EpochSeconds): Promise<void> {
    for (const window of windows)
      await query(
        ctx,
        `INSERT INTO offer_window (id, offer_id, pool_id, center_id, starts_at, ends_at, nodes, generation, state, event_seq, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)`,
        [
          ...[window.id, window.offerId, window.poolId, window.centerId],
          ...[fromEpochSeconds(window.startsAt), fromEpochSeconds(window.endsAt)],
          ...[window.nodes, window.generation, window.state, fromEpochSeconds(createdAt)],
        ],
      );
  }

  async withdrawWindow(ctx: TxContext, window: LockedWindow): Promise<boolean> {
    const changed = await execute(
      ctx,
      `UPDATE offer_window SET state = 'withdrawn', generation = generation + 1, event_seq = event_seq + 1
       WHERE id = $1 AND state = 'open' AND event_seq = $2`,
      [window.id, window.eventSeq],
    );
    return changed === 1;
  }

  async listWindows(ctx: TxContext, filter: WindowFilter, viewer: SupplyViewer): Promise<WindowFacts[]> {
    const rows = await query<WindowFactsRow>(
      ctx,
      `SELECT ${WINDOW_COLUMNS}, c.code AS center_code, p.code AS pool_code, p.nodes AS pool_nodes, p.device_kind, p.devices_per_node,
         o.price_per_device_hour, o.currency, o.notice_seconds, o.min_segment_seconds, o.guarantee
       FROM offer_window w JOIN offer o ON o.id = w.offer_id JOIN pool p ON p.id = w.pool_id JOIN center c ON c.id = w.center_id
       WHERE w.state = 'open' AND w.starts_at < $2 AND w.ends_at > $1
         AND ($3::text IS NULL OR p.device_kind = $3) AND ($4::text IS NULL OR c.code = $4) AND ($5::uuid IS NULL OR w.pool_id = $5)
         AND ($6::uuid[] IS NULL OR w.center_id = ANY ($6) OR o.tenants_allowed = '{}' OR $7::uuid = ANY (o.tenants_allowed))
         AND ($8::uuid IS NULL OR w.id < $8)
       ORDER BY w.id DESC LIMIT $9`,
      [
        ...[fromEpochSeconds(filter.interval.startsAt), fromEpochSeconds(filter.interval.endsAt)],
        ...[filter.deviceKind ?? null, filter.centerCode ?? null, filter.poolId ?? null],
        ...[viewer.centerIds, viewer.tenantId],
        ...[filter.cursor === null ? null : decodeCursor(filter.cursor), filter.limit + 1],
      ],
    );
    return rows.map(windowFactsFromDb);
  }

  async openWindows(ctx: TxContext, now: EpochSeconds, horizonEndsAt: EpochSeconds): Promise<OfferWindow[]> {
    const rows = await query<WindowRow>(
      ctx,
      `SELECT ${WINDOW_COLUMNS} FROM offer_window w WHERE w.state = 'open' AND w.ends_at > $1 AND w.starts_at < $2 ORDER BY w.id`,
      [fromEpochSeconds(now), fromEpochSeconds(horizonEndsAt)],
    );
    return rows.map(windowFromDb);
  }

  async commitmentsOfPools(ctx: TxContext, poolIds: readonly PoolId[], before: EpochSeconds): Promise<Commitment[]> {
    const rows = await query<CommitmentRow>(
      ctx,
      `SELECT window_id, pool_id, nodes, starts_at, ends_at FROM reservation
       WHERE pool_id = ANY ($1) AND starts_at < $2 AND released_at IS NULL
       ORDER BY pool_id, starts_at, window_id, ends_at, nodes`,
      [poolIds, fromEpochSeconds(before)],
    );
    return rows.map(commitmentFromDb);
  }

  async commitments(ctx: TxContext, before: EpochSeconds): Promise<SegmentCommitment[]> {
    const rows = await query<CommitmentRow & { segment_id: SegmentId }>(
      ctx,
      `SELECT segment_id, window_id, pool_id, nodes, starts_at, ends_at FROM reservation
       WHERE starts_at < $1 AND released_at IS NULL ORDER BY id`,
      [fromEpochSeconds(before)],
    );
    return rows.map(segmentCommitmentFromDb);
  }

  async countReserved(ctx: TxContext, offerId: OfferId): Promise<number> {
    const [row] = await query<{ reserved: number }>(
      ctx,
      `SELECT count(*)::int AS reserved FROM reservation r JOIN offer_window w ON w.id = r.window_id
       WHERE w.offer_id = $1 AND r.released_at IS NULL`,
      [offerId],
    );
    return row?.reserved ?? 0;
  }
}
