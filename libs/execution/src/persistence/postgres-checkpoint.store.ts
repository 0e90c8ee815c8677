import { Injectable } from '@nestjs/common';
import { type AttemptId, fromEpochSeconds, type JobId } from '#libs/kernel';
import { query, type TxContext } from '#libs/platform';
import { CheckpointStore } from '../application/checkpoint.store.js';
import type { Checkpoint } from '../domain/attempt.js';
import { checkpointFromDb, type CheckpointRow } from './attempt.mapping.js';

const COLUMNS = `id, tenant_id, job_id, segment_id, attempt_id, cluster_id, name, manifest_sha256, bytes, useful_seconds, sealed_at,
  verified_at`;

@Injectable()
export class PostgresCheckpointStore extends CheckpointStore {
  async insertCheckpoint(ctx: TxContext, checkpoint: Checkpoint): Promise<boolean> {
    const inserted = await query(
      ctx,
      `INSERT INTO checkpoint (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT DO NOTHING RETURNING id`,
      [
        ...[checkpoint.id, checkpoint.tenantId, checkpoint.jobId, checkpoint.segmentId, checkpoint.attemptId],
        ...[checkpoint.clusterId, checkpoint.name, checkpoint.manifestSha256, checkpoint.bytes],
        checkpoint.usefulSeconds,
        ...[fromEpochSeconds(checkpoint.sealedAt), fromEpochSeconds(checkpoint.verifiedAt)],
      ],
    );
    return inserted.length === 1;
  }

  async namesOfAttempt(ctx: TxContext, attemptId: AttemptId): Promise<ReadonlySet<string>> {
    const rows = await query<{ name: string }>(ctx, `SELECT name FROM checkpoint WHERE attempt_id = $1`, [attemptId]);
    return new Set(rows.map((row) => row.name));
  }

  async newestOfJob(ctx: TxContext, jobId: JobId, limit: number): Promise<Checkpoint[]> {
    const sql = `SELECT ${COLUMNS} FROM checkpoint WHERE job_id = $1 ORDER BY sealed_at DESC, name DESC LIMIT $2`;
    return (await query<CheckpointRow>(ctx, sql, [jobId, limit])).map(checkpointFromDb);
  }
}
