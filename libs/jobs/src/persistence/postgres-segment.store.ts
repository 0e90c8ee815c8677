import { Injectable } from '@nestjs/common';
import { type EpochSeconds, fromEpochSeconds, type JobId, type SegmentId } from '#libs/kernel';
import { execute, query, type TxContext } from '#libs/platform';
import { type LockedSegment, SegmentStore, type SegmentStateChange } from '../application/segment.store.js';
import type { ProgressPoint, Segment } from '../domain/segment.js';
import { SEGMENT_COLUMNS, segmentFromDb, type SegmentRow } from './segment.mapping.js';

const dateOrNull = (at: EpochSeconds | null | undefined) =>
  at === null || at === undefined ? null : fromEpochSeconds(at);

@Injectable()
export class PostgresSegmentStore extends SegmentStore {
  async insertSegment(ctx: TxContext, segment: Segment): Promise<void> {
    await query(
      ctx,
      `INSERT INTO segment (id, tenant_id, job_id, seq, center_id, cluster_id, pool_id, offer_id, window_id, window_generation, nodes,
         devices_per_node, starts_at, ends_at, state, price_schedule_id, hold_id, expected_useful_seconds, event_seq, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $19)`,
      [
        ...[
          segment.id,
          segment.tenantId,
          segment.jobId,
          segment.seq,
          segment.centerId,
          segment.clusterId,
          segment.poolId,
        ],
        ...[segment.offerId, segment.windowId, segment.windowGeneration, segment.nodes, segment.devicesPerNode],
        ...[fromEpochSeconds(segment.startsAt), fromEpochSeconds(segment.endsAt), segment.state],
        ...[
          segment.priceScheduleId,
          segment.holdId,
          segment.expectedUsefulSeconds,
          fromEpochSeconds(segment.createdAt),
        ],
      ],
    );
  }

  async nextSeq(ctx: TxContext, jobId: JobId): Promise<number> {
    const sql = 'SELECT coalesce(max(seq), 0) + 1 AS next FROM segment WHERE job_id = $1';
    const [row] = await query<{ next: number }>(ctx, sql, [jobId]);
    return row?.next ?? 1;
  }

  async findSegment(ctx: TxContext, segmentId: SegmentId): Promise<LockedSegment | null> {
    const sql = `SELECT ${SEGMENT_COLUMNS} FROM segment s WHERE s.id = $1`;
    const [row] = await query<SegmentRow>(ctx, sql, [segmentId]);
    return row ? { segment: segmentFromDb(row), eventSeq: row.event_seq } : null;
  }

  async standingOf(ctx: TxContext, jobId: JobId): Promise<Segment[]> {
    const sql = `SELECT ${SEGMENT_COLUMNS} FROM segment s WHERE s.job_id = $1 AND s.state <> 'ENDED' ORDER BY s.state = 'RESERVED', s.seq`;
    return (await query<SegmentRow>(ctx, sql, [jobId])).map(segmentFromDb);
  }

  async updateState(
    ctx: TxContext,
    { segment, eventSeq }: LockedSegment,
    change: SegmentStateChange,
  ): Promise<boolean> {
    const changed = await execute(
      ctx,
      `UPDATE segment SET state = $4, event_seq = event_seq + 1, outcome = $5, ends_at = coalesce($6, ends_at),
         run_started_at = coalesce(run_started_at, $7), run_ended_at = coalesce($8, run_ended_at), exit_code = coalesce($9, exit_code)
       WHERE id = $1 AND state = $2 AND event_seq = $3`,
      [
        ...[segment.id, segment.state, eventSeq, change.to, change.outcome ?? null],
        ...[dateOrNull(change.endsAt), dateOrNull(change.runStartedAt), dateOrNull(change.runEndedAt)],
        change.exitCode ?? null,
      ],
    );
    return changed === 1;
  }

  async insertProgress(
    ctx: TxContext,
    segment: Segment,
    points: readonly Omit<ProgressPoint, 'segmentId'>[],
  ): Promise<void> {
    if (points.length === 0) return;
    await query(
      ctx,
      `INSERT INTO progress_point (tenant_id, job_id, segment_id, step, of_steps, loss, at)
       SELECT $1, $2, $3, p.* FROM unnest($4::bigint[], $5::bigint[], $6::double precision[], $7::timestamptz[]) AS p
       ON CONFLICT DO NOTHING`,
      [
        ...[segment.tenantId, segment.jobId, segment.id],
        points.map((point) => point.step),
        points.map((point) => point.of),
        points.map((point) => point.loss),
        points.map((point) => fromEpochSeconds(point.at)),
      ],
    );
  }
}
