import { Injectable } from '@nestjs/common';
import { type EpochSeconds, fromEpochSeconds, type JobId } from '#libs/kernel';
import { execute, query, type TxContext } from '#libs/platform';
import { type JobStateChange, JobStore } from '../application/job.store.js';
import type { Job, LockedJob } from '../domain/job.js';
import { lockedJobFromDb, type LockedJobRow } from './job.mapping.js';

const dateOrNull = (at: EpochSeconds | null) => (at === null ? null : fromEpochSeconds(at));

@Injectable()
export class PostgresJobStore extends JobStore {
  async insertJob(ctx: TxContext, job: Job): Promise<void> {
    await query(
      ctx,
      `INSERT INTO job (id, tenant_id, project_id, name, state, state_reason, script, env, image, nodes, devices_per_node, device_kinds,
         min_device_memory_gib, workload, walltime_seconds, checkpoint, centers_allowed, centers_denied, earliest_start_at, deadline_at,
         max_wait_seconds, max_cost, currency, objective, qos, requeue, labels, quote_id, submitted_by, submitted_at, event_seq)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
         $28, $29, $30, 1)`,
      [
        ...[job.id, job.tenantId, job.projectId, job.name, job.state, job.stateReason],
        ...[job.script, JSON.stringify(job.env), job.image],
        ...[job.nodes, job.devicesPerNode, job.deviceKinds, job.minDeviceMemoryGib?.toFixed() ?? null],
        ...[JSON.stringify(job.workload), job.walltimeSeconds, job.checkpoint && JSON.stringify(job.checkpoint)],
        ...[job.centersAllowed, job.centersDenied, dateOrNull(job.earliestStartAt), dateOrNull(job.deadlineAt)],
        ...[
          job.maxWaitSeconds,
          job.maxCost?.amount.toFixed() ?? null,
          job.currency,
          job.objective,
          job.qos,
          job.requeue,
        ],
        ...[JSON.stringify(job.labels), job.quoteId, job.submittedBy, fromEpochSeconds(job.submittedAt)],
      ],
    );
    await this.insertLabels(ctx, job);
  }

  async lockJob(ctx: TxContext, jobId: JobId): Promise<LockedJob | null> {
    const [row] = await query<LockedJobRow>(
      ctx,
      `SELECT id, tenant_id, state, event_seq, fence, checkpoint IS NOT NULL AS can_checkpoint, requeue, useful_seconds, cancel_requested_at
       FROM job WHERE id = $1 FOR NO KEY UPDATE`,
      [jobId],
    );
    return row ? lockedJobFromDb(row) : null;
  }

  async updateState(ctx: TxContext, job: LockedJob, change: JobStateChange): Promise<boolean> {
    const values: unknown[] = [job.id, job.state, job.eventSeq, change.to, change.reason];
    const sets = ['state = $4', 'state_reason = $5', 'event_seq = event_seq + 1'];
    // Only what changes is named: the API's role may not touch the rest.
    if (change.startedAt !== undefined)
      sets.push(`started_at = coalesce(started_at, $${values.push(fromEpochSeconds(change.startedAt))})`);
    if (change.endedAt !== undefined) sets.push(`ended_at = $${values.push(fromEpochSeconds(change.endedAt))}`);
    if (change.exitCode !== undefined) sets.push(`exit_code = $${values.push(change.exitCode)}`);
    const sql = `UPDATE job SET ${sets.join(', ')} WHERE id = $1 AND state = $2 AND event_seq = $3`;
    return (await execute(ctx, sql, values)) === 1;
  }

  async requestCancel(ctx: TxContext, job: LockedJob, at: EpochSeconds): Promise<boolean> {
    const sql = `UPDATE job SET cancel_requested_at = $4, event_seq = event_seq + 1
      WHERE id = $1 AND state = $2 AND event_seq = $3 AND cancel_requested_at IS NULL`;
    return (await execute(ctx, sql, [job.id, job.state, job.eventSeq, fromEpochSeconds(at)])) === 1;
  }

  async nextFence(ctx: TxContext, jobId: JobId): Promise<number | null> {
    const sql = `UPDATE job SET fence = fence + 1 WHERE id = $1 RETURNING fence`;
    const [row] = await query<{ fence: number }>(ctx, sql, [jobId]);
    return row?.fence ?? null;
  }

  async addUseful(ctx: TxContext, jobId: JobId, seconds: number): Promise<boolean> {
    const sql = `UPDATE job SET useful_seconds = useful_seconds + $2 WHERE id = $1`;
    return (await execute(ctx, sql, [jobId, seconds])) === 1;
  }

  private async insertLabels(ctx: TxContext, job: Job): Promise<void> {
    const labels = Object.entries(job.labels);
    if (labels.length === 0) return;
    await query(
      ctx,
      `INSERT INTO job_label (tenant_id, job_id, key, value)
       SELECT $1, $2, label.key, label.value FROM unnest($3::text[], $4::text[]) AS label (key, value)`,
      [job.tenantId, job.id, labels.map(([key]) => key), labels.map(([, value]) => value)],
    );
  }
}
