import { Injectable } from '@nestjs/common';
import { type ApiKeyId, asId, type EpochSeconds, InvalidInputError, type JobId, type TenantId } from '#libs/kernel';
import {
  afterCommit,
  Clock,
  crashPoint,
  Doorbells,
  EventStore,
  IdSource,
  nowSeconds,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import type { Job, SubmitJobInput } from '../domain/job.js';
import { submissionFaults } from '../domain/validate-submission.js';
import { JobStore } from './job.store.js';

/** Takes a job in. Once it returns (or the transaction that it joined has committed) no crash loses the job. */
@Injectable()
export class SubmitJobService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly events: EventStore,
    private readonly doorbells: Doorbells,
    private readonly jobs: JobStore,
  ) {}

  /**
   * For a key of a tenant, which becomes the job's tenant and submitter. That the project is the tenant's is the
   * caller's to check.
   * @throws InvalidInputError with every fault, at the paths of the wire's body.
   */
  async execute(context: OperationContext, input: SubmitJobInput): Promise<Job> {
    const now = nowSeconds(this.clock);
    const faults = submissionFaults(input, now);
    if (faults.length) throw new InvalidInputError(faults);
    return this.transactions.run(context, async (ctx) => {
      const job = this.jobOf(ctx, input, now);
      await this.jobs.insertJob(ctx, job);
      await this.recordSubmitted(ctx, job);
      crashPoint('accept:before-commit');
      afterCommit(ctx, () => {
        crashPoint('accept:after-commit');
        this.doorbells.ring('plan-round', 'all');
      });
      return job;
    });
  }

  private jobOf(ctx: TxContext, input: SubmitJobInput, now: EpochSeconds): Job {
    const waitsForTime = input.earliestStartAt !== null && input.earliestStartAt > now;
    return {
      ...input,
      id: this.ids.next<JobId>(),
      tenantId: tenantOf(ctx),
      state: 'PENDING',
      stateReason: waitsForTime ? 'BeginTime' : 'Priority',
      fence: 0,
      usefulSeconds: 0,
      cancelRequestedAt: null,
      exitCode: null,
      submittedBy: asId<ApiKeyId>(ctx.actor.id),
      submittedAt: now,
      startedAt: null,
      endedAt: null,
    };
  }

  private async recordSubmitted(ctx: TxContext, job: Job): Promise<void> {
    await this.events.record(ctx, {
      tenantId: job.tenantId,
      jobId: job.id,
      subjectType: 'job',
      subjectId: job.id,
      seq: 1,
      type: 'job.submitted',
      toState: job.state,
      reason: job.stateReason,
      data: { name: job.name, nodes: job.nodes, walltimeSeconds: job.walltimeSeconds },
    });
  }
}

function tenantOf({ scope }: OperationContext): TenantId {
  if (!scope.tenantId) throw new TypeError('a job is submitted by a key of a tenant');
  return scope.tenantId;
}
