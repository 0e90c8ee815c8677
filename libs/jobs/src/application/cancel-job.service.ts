import { Injectable } from '@nestjs/common';
import type { JobId } from '#libs/kernel';
import {
  afterCommit,
  Clock,
  Doorbells,
  EventStore,
  nowSeconds,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import type { Job, LockedJob } from '../domain/job.js';
import { isTerminal } from '../domain/job-state.js';
import { JobsError } from '../domain/jobs.errors.js';
import { JobReader } from './job-reader.store.js';
import { JobStore } from './job.store.js';
import { StateChanges } from './state-changes.service.js';

/** A waiting job is cancelled at once. Else the wish is kept, and the broker's own work carries it out. */
@Injectable()
export class CancelJobService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly events: EventStore,
    private readonly doorbells: Doorbells,
    private readonly jobs: JobStore,
    private readonly reader: JobReader,
    private readonly changes: StateChanges,
  ) {}

  /**
   * Asking again changes nothing.
   * @throws JobsError `job-not-found` (also for another tenant's), `job-already-ended`.
   */
  async execute(context: OperationContext, jobId: JobId): Promise<Job> {
    return this.transactions.run(context, async (ctx) => {
      const job = await this.jobs.lockJob(ctx, jobId);
      if (!job) throw notFound(jobId);
      if (isTerminal(job.state))
        throw new JobsError('job-already-ended', `the job has ended as ${job.state}`, { jobId, state: job.state });
      if (job.state === 'PENDING') await this.cancelAtOnce(ctx, job);
      else await this.requestCancel(ctx, job);
      const after = await this.reader.findJob(ctx, jobId);
      if (!after) throw notFound(jobId);
      return after;
    });
  }

  private async cancelAtOnce(ctx: TxContext, job: LockedJob): Promise<void> {
    await this.changes.moveJob(ctx, job, { to: 'CANCELLED', reason: null, endedAt: nowSeconds(this.clock) });
    afterCommit(ctx, () => this.doorbells.ring('plan-round', 'all'));
  }

  private async requestCancel(ctx: TxContext, job: LockedJob): Promise<void> {
    if (job.cancelRequestedAt === null && (await this.jobs.requestCancel(ctx, job, nowSeconds(this.clock))))
      await this.events.record(ctx, {
        tenantId: job.tenantId,
        jobId: job.id,
        subjectType: 'job',
        subjectId: job.id,
        seq: job.eventSeq + 1,
        type: 'job.cancelRequested',
        fromState: job.state,
        toState: job.state,
      });
    afterCommit(ctx, () => this.doorbells.ring('cancel-job', job.id));
  }
}

function notFound(jobId: JobId): JobsError {
  return new JobsError('job-not-found', `there is no job ${jobId}`, { jobId });
}
