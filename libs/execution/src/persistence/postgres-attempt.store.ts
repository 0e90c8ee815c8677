import { Injectable } from '@nestjs/common';
import {
  type AttemptId,
  type ClusterId,
  type EpochSeconds,
  fromEpochSeconds,
  type JobId,
  type SegmentId,
} from '#libs/kernel';
import { execute, query, type TxContext } from '#libs/platform';
import { AttemptStore } from '../application/attempt.store.js';
import { type Attempt, type AttemptEnd, type NewAttempt, tokenOf } from '../domain/attempt.js';
import { ATTEMPT_COLUMNS, attemptFromDb, type AttemptRow } from './attempt.mapping.js';

const SELECT = `SELECT ${ATTEMPT_COLUMNS} FROM attempt a`;
/** For writes without the job's lock: what an attempt with a stale fence does is void. */
const HAS_FENCE = `fence = (SELECT j.fence FROM job j WHERE j.id = attempt.job_id)`;

@Injectable()
export class PostgresAttemptStore extends AttemptStore {
  async insertAttempt(ctx: TxContext, attempt: NewAttempt): Promise<void> {
    await query(
      ctx,
      `INSERT INTO attempt (id, tenant_id, job_id, segment_id, cluster_id, fence, token, state, time_limit_seconds, checkpoint_signal,
         checkpoint_interval_seconds, dispatch_until, created_at, number)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'SUBMITTING', $8, $9, $10, $11, $12,
         (SELECT count(*) + 1 FROM attempt WHERE segment_id = $4))`,
      [
        ...[attempt.id, attempt.tenantId, attempt.jobId, attempt.segmentId, attempt.clusterId, attempt.fence],
        ...[tokenOf(attempt.id), attempt.timeLimitSeconds],
        ...[attempt.checkpoint?.signal ?? null, attempt.checkpoint?.intervalSeconds ?? null],
        ...[fromEpochSeconds(attempt.dispatchUntil), fromEpochSeconds(attempt.createdAt)],
      ],
    );
  }

  async findUnsettled(ctx: TxContext, clusterId: ClusterId): Promise<Attempt[]> {
    const sql = `${SELECT} WHERE a.cluster_id = $1 AND a.settled_at IS NULL ORDER BY a.id`;
    return (await query<AttemptRow>(ctx, sql, [clusterId])).map(attemptFromDb);
  }

  async findUnsettledOfSegment(ctx: TxContext, segmentId: SegmentId): Promise<Attempt | null> {
    const sql = `${SELECT} WHERE a.segment_id = $1 AND a.settled_at IS NULL ORDER BY a.number DESC LIMIT 1`;
    return this.one(ctx, sql, [segmentId]);
  }

  async findBusyClusters(ctx: TxContext): Promise<ClusterId[]> {
    const sql = `SELECT DISTINCT cluster_id FROM attempt WHERE settled_at IS NULL ORDER BY cluster_id`;
    return (await query<{ cluster_id: ClusterId }>(ctx, sql)).map((row) => row.cluster_id);
  }

  async findUnsubmitted(ctx: TxContext, now: EpochSeconds): Promise<SegmentId[]> {
    const sql = `SELECT segment_id FROM attempt
      WHERE settled_at IS NULL AND state = 'SUBMITTING' AND external_id IS NULL AND dispatch_until <= $1 ORDER BY id`;
    const rows = await query<{ segment_id: SegmentId }>(ctx, sql, [fromEpochSeconds(now)]);
    return rows.map((row) => row.segment_id);
  }

  async findNewestBegun(ctx: TxContext, jobId: JobId, segmentId: SegmentId | null): Promise<Attempt | null> {
    const sql = `${SELECT} WHERE a.job_id = $1 AND ($2::uuid IS NULL OR a.segment_id = $2) AND a.started_at IS NOT NULL
      ORDER BY a.id DESC LIMIT 1`;
    return this.one(ctx, sql, [jobId, segmentId]);
  }

  async takeDispatch(
    ctx: TxContext,
    id: AttemptId,
    span: { readonly now: EpochSeconds; readonly until: EpochSeconds },
  ): Promise<boolean> {
    const sql = `UPDATE attempt SET dispatch_until = $3
      WHERE id = $1 AND state = 'SUBMITTING' AND external_id IS NULL AND dispatch_until <= $2`;
    return this.changes(ctx, sql, [id, fromEpochSeconds(span.now), fromEpochSeconds(span.until)]);
  }

  async holdDispatch(ctx: TxContext, id: AttemptId, until: EpochSeconds): Promise<void> {
    const sql = `UPDATE attempt SET dispatch_until = $2 WHERE id = $1 AND external_id IS NULL`;
    await this.changes(ctx, sql, [id, fromEpochSeconds(until)]);
  }

  async prepareSubmission(
    ctx: TxContext,
    id: AttemptId,
    run: Pick<Attempt, 'timeLimitSeconds' | 'usefulBeforeSeconds'>,
  ): Promise<boolean> {
    const sql = `UPDATE attempt SET time_limit_seconds = $2, useful_before_seconds = $3
      WHERE id = $1 AND state = 'SUBMITTING' AND external_id IS NULL`;
    return this.changes(ctx, sql, [id, run.timeLimitSeconds, run.usefulBeforeSeconds]);
  }

  async recordSubmission(
    ctx: TxContext,
    id: AttemptId,
    submission: { readonly externalId: string; readonly submittedAt: EpochSeconds },
  ): Promise<boolean> {
    const sql = `UPDATE attempt SET state = 'QUEUED', external_id = $2, submitted_at = $3
      WHERE id = $1 AND state = 'SUBMITTING' AND external_id IS NULL`;
    return this.changes(ctx, sql, [id, submission.externalId, fromEpochSeconds(submission.submittedAt)]);
  }

  async recordStart(
    ctx: TxContext,
    id: AttemptId,
    start: { readonly startedAt: EpochSeconds; readonly nodeNames: readonly string[] },
  ): Promise<boolean> {
    const sql = `UPDATE attempt SET state = 'RUNNING', started_at = $2, node_names = $3
      WHERE id = $1 AND state = 'QUEUED' AND started_at IS NULL`;
    return this.changes(ctx, sql, [id, fromEpochSeconds(start.startedAt), start.nodeNames]);
  }

  async recordEnd(ctx: TxContext, id: AttemptId, end: AttemptEnd): Promise<boolean> {
    const sql = `UPDATE attempt SET state = 'ENDED', ended_at = greatest($2, started_at), outcome = $3, exit_code = $4, proof = $5
      WHERE id = $1 AND state IN ('QUEUED', 'RUNNING')`;
    return this.changes(ctx, sql, [id, fromEpochSeconds(end.endedAt), end.outcome, end.exitCode, end.proof]);
  }

  async withdraw(ctx: TxContext, id: AttemptId, at: EpochSeconds): Promise<boolean> {
    const sql = `UPDATE attempt SET state = 'ENDED', ended_at = $2, outcome = 'cancelled', proof = 'withdrawn'
      WHERE id = $1 AND state = 'SUBMITTING' AND external_id IS NULL`;
    return this.changes(ctx, sql, [id, fromEpochSeconds(at)]);
  }

  async recordCheckpointAsked(ctx: TxContext, id: AttemptId, at: EpochSeconds): Promise<boolean> {
    const sql = `UPDATE attempt SET checkpoint_asked_at = $2
      WHERE id = $1 AND state = 'RUNNING' AND (checkpoint_asked_at IS NULL OR checkpoint_asked_at < $2) AND ${HAS_FENCE}`;
    return this.changes(ctx, sql, [id, fromEpochSeconds(at)]);
  }

  async moveProgress(
    ctx: TxContext,
    id: AttemptId,
    move: { readonly from: number; readonly to: number; readonly at: EpochSeconds },
  ): Promise<boolean> {
    const sql = `UPDATE attempt SET progress_offset = $3, progress_at = $4
      WHERE id = $1 AND progress_offset = $2 AND settled_at IS NULL AND ${HAS_FENCE}`;
    return this.changes(ctx, sql, [id, move.from, move.to, fromEpochSeconds(move.at)]);
  }

  async settle(ctx: TxContext, id: AttemptId, at: EpochSeconds): Promise<boolean> {
    const sql = `UPDATE attempt SET settled_at = $2 WHERE id = $1 AND state = 'ENDED' AND settled_at IS NULL`;
    return this.changes(ctx, sql, [id, fromEpochSeconds(at)]);
  }

  private async one(ctx: TxContext, sql: string, values: readonly unknown[]): Promise<Attempt | null> {
    const [row] = await query<AttemptRow>(ctx, sql, values);
    return row ? attemptFromDb(row) : null;
  }

  private async changes(ctx: TxContext, sql: string, values: readonly unknown[]): Promise<boolean> {
    return (await execute(ctx, sql, values)) === 1;
  }
}
