import { Injectable, Logger } from '@nestjs/common';
import type { CheckpointId } from '#libs/kernel';
import type { Connector, SealedCheckpoint } from '#libs/connectors';
import { SegmentRuns } from '#libs/jobs';
import { Clock, crashPoint, IdSource, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt, Checkpoint } from '../domain/attempt.js';
import { CheckpointStore } from './checkpoint.store.js';

const UNVERIFIED_MAX = 1000;

/** Takes sealed checkpoints of an attempt into the books: only those that verify count. */
@Injectable()
export class KeepCheckpoints {
  private readonly logger = new Logger('Checkpoints');
  /** Contents that did not verify, by their manifest: hashed once, not at every look. */
  private readonly unverified = new Set<string>();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly runs: SegmentRuns,
    private readonly checkpoints: CheckpointStore,
  ) {}

  /** How many were recorded. */
  async execute(context: OperationContext, attempt: Attempt, connector: Connector): Promise<number> {
    const own = (await connector.checkpoints(attempt.jobId)).filter((sealed) => sealed.token === attempt.token);
    if (own.length === 0) return 0;
    const known = await this.transactions.run(context, (ctx) => this.checkpoints.namesOfAttempt(ctx, attempt.id));
    let recorded = 0;
    for (const sealed of own.toReversed()) {
      if (known.has(sealed.name) || !(await this.verify(attempt, connector, sealed))) continue;
      crashPoint('checkpoint:before-record');
      if (await this.record(context, attempt, sealed)) recorded += 1;
      crashPoint('checkpoint:after-record');
    }
    return recorded;
  }

  private async verify(attempt: Attempt, connector: Connector, sealed: SealedCheckpoint): Promise<boolean> {
    const content = `${attempt.token} ${sealed.name} ${sealed.manifestSha256}`;
    if (this.unverified.has(content)) return false;
    if (await connector.verifyCheckpoint(attempt.jobId, sealed)) return true;
    this.logger.warn(`checkpoint ${sealed.name} of job ${attempt.jobId} does not verify`);
    if (this.unverified.size >= UNVERIFIED_MAX) this.unverified.clear();
    this.unverified.add(content);
    return false;
  }

  private async record(context: OperationContext, attempt: Attempt, sealed: SealedCheckpoint): Promise<boolean> {
    return this.transactions.run(context, async (ctx) => {
      const job = await this.runs.lockJob(ctx, attempt.jobId);
      if (job?.fence !== attempt.fence) return false;
      const checkpoint = this.checkpointOf(attempt, sealed);
      if (!(await this.checkpoints.insertCheckpoint(ctx, checkpoint))) return false;
      const gained = checkpoint.usefulSeconds - job.usefulSeconds;
      if (gained > 0) await this.runs.addUseful(ctx, job.id, gained);
      return true;
    });
  }

  private checkpointOf(attempt: Attempt, sealed: SealedCheckpoint): Checkpoint {
    const { tenantId, jobId, segmentId, clusterId, id: attemptId } = attempt;
    const { name, manifestSha256, bytes, sealedAt } = sealed;
    const ran = Math.max(0, sealedAt - (attempt.startedAt ?? sealedAt));
    return {
      ...{ tenantId, jobId, segmentId, clusterId, attemptId, name, manifestSha256, bytes, sealedAt },
      id: this.ids.next<CheckpointId>(),
      usefulSeconds: attempt.usefulBeforeSeconds + ran,
      verifiedAt: nowSeconds(this.clock),
    };
  }
}
