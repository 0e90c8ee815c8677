import { Injectable } from '@nestjs/common';
import type { EpochSeconds } from '#libs/kernel';
import { Meter } from '#libs/accounting';
import type { ObservedAttempt } from '#libs/connectors';
import { JobQueries, SegmentRuns } from '#libs/jobs';
import { Clock, nowSeconds, type OperationContext, TransactionRunner, type TxContext } from '#libs/platform';
import type { Attempt, AttemptEnd } from '../domain/attempt.js';
import { AttemptStore } from './attempt.store.js';

/** Writes down what a cluster says of an attempt: when it started and how it ended. A stale fence makes it void. */
@Injectable()
export class RecordRun {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly jobs: JobQueries,
    private readonly runs: SegmentRuns,
    private readonly meter: Meter,
    private readonly attempts: AttemptStore,
  ) {}

  /** The start by the cluster's own clock: from it on the run is metered and charged. */
  async started(
    context: OperationContext,
    attempt: Attempt,
    start: { readonly startedAt: EpochSeconds; readonly nodeNames: readonly string[] },
  ): Promise<boolean> {
    return this.transactions.run(context, async (ctx) => {
      const locked = await this.runs.lockJob(ctx, attempt.jobId);
      if (locked?.fence !== attempt.fence || !(await this.attempts.recordStart(ctx, attempt.id, start))) return false;
      const { segmentId, fence } = attempt;
      const segment = await this.jobs.findSegment(ctx, segmentId);
      if (segment && segment.state !== 'RUNNING') {
        const move = { segmentId, fence, from: segment.state, to: 'RUNNING', reason: null } as const;
        await this.runs.moveSegment(ctx, { ...move, at: start.startedAt, data: { attemptId: attempt.id } });
      }
      await this.startMeter(ctx, attempt, start.startedAt);
      return true;
    });
  }

  /** The segment's end is near: its last checkpoint is on its way. */
  async endsSoon(context: OperationContext, attempt: Attempt): Promise<boolean> {
    const { segmentId, fence } = attempt;
    const at = nowSeconds(this.clock);
    return this.transactions.run(context, (ctx) =>
      this.runs.moveSegment(ctx, { segmentId, fence, from: 'RUNNING', to: 'CHECKPOINTING', reason: null, at }),
    );
  }

  /** Its end, with what proves it. What follows from it is `FinishSegmentService`'s. */
  async ended(context: OperationContext, attempt: Attempt, end: AttemptEnd): Promise<boolean> {
    return this.transactions.run(context, async (ctx) => {
      await this.runs.lockJob(ctx, attempt.jobId);
      if (!(await this.attempts.recordEnd(ctx, attempt.id, end))) return false;
      await this.meter.end(ctx, attempt.id, end.endedAt);
      const { segmentId, fence } = attempt;
      await this.runs.markCompleting(ctx, { segmentId, fence, at: end.endedAt, data: { attemptId: attempt.id } });
      return true;
    });
  }

  /** The cluster was seen to run these now. */
  async seen(context: OperationContext, attempts: readonly Attempt[]): Promise<void> {
    if (attempts.length === 0) return;
    const ids = attempts.map((attempt) => attempt.id);
    await this.transactions.run(context, (ctx) => this.meter.seen(ctx, ids, nowSeconds(this.clock)));
  }

  private async startMeter(ctx: TxContext, attempt: Attempt, startedAt: EpochSeconds): Promise<void> {
    const job = await this.jobs.findJob(ctx, attempt.jobId);
    const segment = await this.jobs.findSegment(ctx, attempt.segmentId);
    if (!job || !segment) throw new RangeError(`attempt ${attempt.id} has no job or no segment`);
    const { tenantId, jobId, centerId, poolId, holdId, priceScheduleId, nodes, devicesPerNode } = segment;
    await this.meter.start(ctx, {
      ...{ tenantId, jobId, centerId, poolId, holdId, priceScheduleId, nodes, devicesPerNode, startedAt },
      attemptId: attempt.id,
      projectId: job.projectId,
      segmentId: segment.id,
      billableUntil: startedAt + attempt.timeLimitSeconds,
    });
  }
}

/** What an observed end is recorded as; of one that never started, when that was decided. */
export function endOf(attempt: Attempt, seen: ObservedAttempt, now: EpochSeconds): AttemptEnd {
  const endedAt = seen.endedAt ?? attempt.startedAt ?? now;
  const { outcome, exitCode, proof } = seen;
  return { endedAt, outcome: outcome ?? 'vanished', exitCode, proof: proof ?? 'absent' };
}
