import { Injectable } from '@nestjs/common';
import { type CenterId, type ClusterId, type EpochSeconds, fromEpochSeconds, type JobId } from '#libs/kernel';
import { decodeCursor, type Page, pageOf, type PageRequest, query, type TxContext } from '#libs/platform';
import { type JobFilter, JobReader } from '../application/job-reader.store.js';
import type { JobEvent } from '../domain/job-event.js';
import type { Job, PlannableJob, StandingSegment } from '../domain/job.js';
import type { CenterSegment, ProgressPoint, Segment } from '../domain/segment.js';
import {
  DEMAND_COLUMNS,
  eventFromDb,
  type EventRow,
  JOB_COLUMNS,
  jobFromDb,
  type JobRow,
  plannableFromDb,
  type PlannableRow,
  standingFromDb,
  type StandingRow,
} from './job.mapping.js';
import { decodeProgressCursor, encodeProgressCursor } from './progress-cursor.js';
import {
  centerSegmentFromDb,
  type CenterSegmentRow,
  progressFromDb,
  type ProgressRow,
  SEGMENT_COLUMNS,
  segmentFromDb,
  type SegmentRow,
} from './segment.mapping.js';

const PLANNABLE = `j.state IN ('PENDING', 'SCHEDULED', 'CONFIGURING', 'RUNNING') AND j.cancel_requested_at IS NULL`;
const UNFINISHED = `('PENDING', 'SCHEDULED', 'CONFIGURING', 'RUNNING', 'LOST_CONTACT', 'COMPLETING')`;

const idAfter = ({ cursor }: PageRequest) => (cursor === null ? null : decodeCursor(cursor));

@Injectable()
export class PostgresJobReader extends JobReader {
  async findJob(ctx: TxContext, jobId: JobId): Promise<Job | null> {
    const [row] = await query<JobRow>(ctx, `SELECT ${JOB_COLUMNS} FROM job j WHERE j.id = $1`, [jobId]);
    return row ? jobFromDb(row) : null;
  }

  async listJobs(ctx: TxContext, filter: JobFilter): Promise<Page<Job>> {
    const rows = await query<JobRow>(
      ctx,
      `SELECT ${JOB_COLUMNS} FROM job j
       WHERE ($1::text IS NULL OR j.state = $1) AND ($2::uuid IS NULL OR j.project_id = $2) AND ($3::text IS NULL OR starts_with(j.name, $3))
         AND ($4::text IS NULL OR EXISTS (SELECT FROM job_label l WHERE l.job_id = j.id AND l.key = $4 AND l.value = $5))
         AND ($6::uuid IS NULL OR j.id < $6)
       ORDER BY j.id DESC LIMIT $7`,
      [
        ...[filter.state ?? null, filter.projectId ?? null, filter.q ?? null],
        ...[filter.label?.key ?? null, filter.label?.value ?? null, idAfter(filter), filter.limit + 1],
      ],
    );
    return pageOf(rows.map(jobFromDb), filter.limit);
  }

  async segmentsOfJob(ctx: TxContext, jobId: JobId): Promise<Segment[]> {
    const sql = `SELECT ${SEGMENT_COLUMNS} FROM segment s WHERE s.job_id = $1 ORDER BY s.seq`;
    return (await query<SegmentRow>(ctx, sql, [jobId])).map(segmentFromDb);
  }

  async listEvents(ctx: TxContext, page: PageRequest, jobId: JobId | null): Promise<Page<JobEvent>> {
    const rows = await query<EventRow>(
      ctx,
      `SELECT id, subject_type, subject_id, seq, type, from_state, to_state, reason, data, actor_kind, actor_id, request_id, at
       FROM event WHERE ${jobId ? 'job_id = $3' : '$3::uuid IS NULL'} AND ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`,
      [idAfter(page), page.limit + 1, jobId],
    );
    return pageOf(rows.map(eventFromDb), page.limit);
  }

  async progressOfJob(ctx: TxContext, jobId: JobId, page: PageRequest): Promise<Page<ProgressPoint>> {
    const after = page.cursor === null ? null : decodeProgressCursor(page.cursor);
    const rows = await query<ProgressRow>(
      ctx,
      `SELECT job_id, segment_id, step, of_steps, loss, at FROM progress_point
       WHERE job_id = $1 AND ($2::uuid IS NULL OR (segment_id, step) < ($2, $3)) ORDER BY segment_id DESC, step DESC LIMIT $4`,
      [jobId, after?.segmentId ?? null, after?.step ?? null, page.limit + 1],
    );
    const items = rows.slice(0, page.limit).map(progressFromDb);
    const last = items.at(-1);
    return { items, nextCursor: rows.length > page.limit && last ? encodeProgressCursor(last) : null };
  }

  async latestProgress(ctx: TxContext, jobIds: readonly JobId[]): Promise<Map<JobId, ProgressPoint>> {
    const rows = await query<ProgressRow>(
      ctx,
      `SELECT p.job_id, p.segment_id, p.step, p.of_steps, p.loss, p.at FROM unnest($1::uuid[]) AS wanted (id)
       CROSS JOIN LATERAL (SELECT * FROM progress_point WHERE job_id = wanted.id ORDER BY segment_id DESC, step DESC LIMIT 1) p`,
      [jobIds],
    );
    return new Map(rows.map((row) => [row.job_id, progressFromDb(row)]));
  }

  async segmentsOfCenter(
    ctx: TxContext,
    page: PageRequest & { readonly centerId?: CenterId },
  ): Promise<Page<CenterSegment>> {
    const rows = await query<CenterSegmentRow>(
      ctx,
      `SELECT id, job_id, tenant_code, center_id, pool_id, window_id, offer_id, seq, nodes, devices_per_node, starts_at, ends_at, state,
         outcome, run_started_at, run_ended_at, created_at
       FROM center_segment WHERE ($1::uuid IS NULL OR center_id = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [page.centerId ?? null, idAfter(page), page.limit + 1],
    );
    return pageOf(rows.map(centerSegmentFromDb), page.limit);
  }

  async waitingJobs(ctx: TxContext): Promise<PlannableJob[]> {
    const rows = await query<PlannableRow>(
      ctx,
      `SELECT ${DEMAND_COLUMNS}, j.id, j.tenant_id, j.project_id, j.state, j.useful_seconds, j.submitted_at, j.quote_id,
         (SELECT s.center_id FROM segment s WHERE s.job_id = j.id AND s.run_started_at IS NOT NULL ORDER BY s.seq DESC LIMIT 1)
           AS last_center_id
       FROM job j WHERE ${PLANNABLE} ORDER BY j.id`,
    );
    const standing = await this.standingByJob(ctx);
    return rows.map((row) => plannableFromDb(row, standing.get(row.id) ?? []));
  }

  async jobsToCancel(ctx: TxContext): Promise<JobId[]> {
    const sql = `SELECT j.id FROM job j WHERE j.state IN ${UNFINISHED} AND j.cancel_requested_at IS NOT NULL ORDER BY j.id`;
    return (await query<{ id: JobId }>(ctx, sql)).map((row) => row.id);
  }

  async segmentsToDispatch(ctx: TxContext, before: EpochSeconds): Promise<Segment[]> {
    const sql = `SELECT ${SEGMENT_COLUMNS} FROM segment s WHERE s.state = 'RESERVED' AND s.starts_at < $1 ORDER BY s.starts_at, s.id`;
    return (await query<SegmentRow>(ctx, sql, [fromEpochSeconds(before)])).map(segmentFromDb);
  }

  async unfinishedSegments(ctx: TxContext, clusterId: ClusterId): Promise<Segment[]> {
    const sql = `SELECT ${SEGMENT_COLUMNS} FROM segment s WHERE s.cluster_id = $1 AND s.state <> 'ENDED' ORDER BY s.id`;
    return (await query<SegmentRow>(ctx, sql, [clusterId])).map(segmentFromDb);
  }

  private async standingByJob(ctx: TxContext): Promise<Map<JobId, StandingSegment[]>> {
    const rows = await query<StandingRow>(
      ctx,
      `SELECT s.job_id, s.id, s.state, s.center_id, s.pool_id, s.window_id, s.nodes, s.starts_at, s.ends_at, s.run_started_at,
         s.expected_useful_seconds
       FROM segment s JOIN job j ON j.id = s.job_id WHERE s.state <> 'ENDED' AND ${PLANNABLE} ORDER BY s.id`,
    );
    const byJob = new Map<JobId, StandingSegment[]>();
    for (const row of rows) byJob.set(row.job_id, [...(byJob.get(row.job_id) ?? []), standingFromDb(row)]);
    return byJob;
  }
}
