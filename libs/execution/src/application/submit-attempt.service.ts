import { Injectable, Logger } from '@nestjs/common';
import { type AttemptSpec, type Connector, ConnectorRejectedError, type Submission } from '#libs/connectors';
import { type Job, JobQueries, type Segment, SegmentRuns } from '#libs/jobs';
import {
  afterCommit,
  Clock,
  crashPoint,
  Doorbells,
  nowSeconds,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import type { Attempt, Checkpoint } from '../domain/attempt.js';
import { checkpointLeadSeconds, isTooLate, timeLimitSeconds } from '../domain/run-time.js';
import { AttemptStore } from './attempt.store.js';
import { StageCheckpointService } from './stage-checkpoint.service.js';

/**
 * Stages and submits an attempt, once: what the cluster has under its token is adopted, and only where it provably has
 * nothing is the same token submitted (again). Everything outside happens outside a transaction.
 */
@Injectable()
export class SubmitAttemptService {
  private readonly logger = new Logger('Submission');

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly doorbells: Doorbells,
    private readonly jobs: JobQueries,
    private readonly runs: SegmentRuns,
    private readonly attempts: AttemptStore,
    private readonly staging: StageCheckpointService,
  ) {}

  /** The attempt's dispatch must be in the caller's hands. @throws ConnectorUnreachableError: it stays as it is, for later */
  async execute(context: OperationContext, attempt: Attempt, connector: Connector): Promise<void> {
    const found = await connector.find(attempt.token);
    if (found) {
      const submission = { externalId: found.externalId, submittedAt: nowSeconds(this.clock) };
      return this.record(context, attempt, { connector, submission });
    }
    const checkpoint = await this.staging.execute(context, attempt, connector);
    const spec = await this.prepare(context, attempt, { connector, checkpoint });
    if (!spec) return;
    try {
      crashPoint('submit:before');
      const submission = await connector.submit(spec);
      crashPoint('submit:after');
      await this.record(context, attempt, { connector, submission });
    } catch (error) {
      if (!(error instanceof ConnectorRejectedError)) throw error;
      await this.refused(context, attempt, { connector, spec, error });
    }
  }

  /** The last look before the submission. Null where it is not wanted any more: then it is withdrawn. */
  private async prepare(
    context: OperationContext,
    attempt: Attempt,
    { connector, checkpoint }: { readonly connector: Connector; readonly checkpoint: Checkpoint | null },
  ): Promise<AttemptSpec | null> {
    return this.transactions.run(context, async (ctx) => {
      const locked = await this.runs.lockJob(ctx, attempt.jobId);
      const job = await this.jobs.findJob(ctx, attempt.jobId);
      const segment = await this.jobs.findSegment(ctx, attempt.segmentId);
      if (!locked || !job || !segment || locked.fence !== attempt.fence) return null;
      const now = nowSeconds(this.clock);
      if (locked.cancelRequestedAt !== null || isTooLate(segment, job, now)) {
        await this.withdraw(ctx, attempt);
        return null;
      }
      const usefulBeforeSeconds = checkpoint?.usefulSeconds ?? 0;
      const run = { remainingSeconds: job.walltimeSeconds - usefulBeforeSeconds, resumes: checkpoint !== null, now };
      const limits = { usefulBeforeSeconds, timeLimitSeconds: timeLimitSeconds(segment, run, connector.timing()) };
      if (!(await this.attempts.prepareSubmission(ctx, attempt.id, limits))) return null;
      // Less where the newest checkpoint was lost: what counts is what the run really begins with.
      if (usefulBeforeSeconds !== locked.usefulSeconds)
        await this.runs.addUseful(ctx, job.id, usefulBeforeSeconds - locked.usefulSeconds);
      return specOf({ attempt: { ...attempt, ...limits }, job, segment }, connector);
    });
  }

  private async record(
    context: OperationContext,
    attempt: Attempt,
    { connector, submission }: { readonly connector: Connector; readonly submission: Submission },
  ): Promise<void> {
    const { id, segmentId, clusterId, fence } = attempt;
    const isKept = await this.transactions.run(context, async (ctx) => {
      const job = await this.runs.lockJob(ctx, attempt.jobId);
      if (job?.fence !== fence || !(await this.attempts.recordSubmission(ctx, id, submission))) return false;
      const { externalId, submittedAt: at } = submission;
      const data = { attemptId: id, externalId };
      await this.runs.moveSegment(ctx, { segmentId, fence, from: 'SUBMITTING', to: 'QUEUED', reason: null, at, data });
      afterCommit(ctx, () => this.doorbells.ring('observe-cluster', clusterId));
      return true;
    });
    if (!isKept) await this.cancelLost(context, attempt, { connector, externalId: submission.externalId });
  }

  /** While the cluster was asked, somebody else took the attempt back, or recorded it: what was taken back must not run. */
  private async cancelLost(
    context: OperationContext,
    attempt: Attempt,
    { connector, externalId }: { readonly connector: Connector; readonly externalId: string },
  ): Promise<void> {
    const current = await this.transactions.run(context, (ctx) =>
      this.attempts.findUnsettledOfSegment(ctx, attempt.segmentId),
    );
    if (current?.id === attempt.id && current.externalId !== null) return;
    crashPoint('cancel:before');
    await connector.cancel(externalId);
    crashPoint('cancel:after');
  }

  /** It provably did not start. The nodes may be free in a moment (the run before is just ending), so it is tried again for a while. */
  private async refused(
    context: OperationContext,
    attempt: Attempt,
    refusal: { readonly connector: Connector; readonly spec: AttemptSpec; readonly error: ConnectorRejectedError },
  ): Promise<void> {
    const { connector, spec, error } = refusal;
    const giveUpAt = Math.max(spec.beginAt, attempt.createdAt) + connector.timing().startTimeoutSeconds;
    const isOver = nowSeconds(this.clock) >= giveUpAt;
    this.logger.warn(`attempt ${attempt.token} was refused${isOver ? ' for the last time' : ''}: ${error.message}`);
    if (isOver) await this.transactions.run(context, (ctx) => this.withdraw(ctx, attempt));
  }

  private async withdraw(ctx: TxContext, attempt: Attempt): Promise<void> {
    if (await this.attempts.withdraw(ctx, attempt.id, nowSeconds(this.clock)))
      afterCommit(ctx, () => this.doorbells.ring('observe-cluster', attempt.clusterId));
  }
}

function specOf(run: { attempt: Attempt; job: Job; segment: Segment }, connector: Connector): AttemptSpec {
  const { attempt, job, segment } = run;
  const timing = connector.timing();
  return {
    token: attempt.token,
    jobId: job.id,
    segmentId: segment.id,
    fence: attempt.fence,
    script: job.script,
    env: job.env,
    nodes: segment.nodes,
    devicesPerNode: segment.devicesPerNode,
    beginAt: segment.startsAt,
    endBy: segment.endsAt,
    timeLimitSeconds: attempt.timeLimitSeconds,
    checkpoint: attempt.checkpoint && {
      signal: attempt.checkpoint.signal,
      leadSeconds: checkpointLeadSeconds(attempt, timing),
    },
    graceSeconds: Math.ceil(timing.graceSeconds),
  };
}
