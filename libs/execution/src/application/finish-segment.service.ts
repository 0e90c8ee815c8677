import { Injectable } from '@nestjs/common';
import type { SegmentId } from '#libs/kernel';
import { Holds, MeterAttemptService } from '#libs/accounting';
import { ReserveCapacity } from '#libs/capacity';
import {
  type EndedSegment,
  type Job,
  JobQueries,
  type LockedJob,
  type Outcome,
  type Segment,
  SegmentRuns,
} from '#libs/jobs';
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
import type { Attempt } from '../domain/attempt.js';
import { segmentOutcome } from '../domain/segment-outcome.js';
import { AttemptStore } from './attempt.store.js';
import { ReservationRelease } from './reservation-release.js';

/** Ends a segment whose attempt is proved ended: its usage closed, its nodes given back, its job moved on. */
@Injectable()
export class FinishSegmentService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly doorbells: Doorbells,
    private readonly jobs: JobQueries,
    private readonly runs: SegmentRuns,
    private readonly capacity: ReserveCapacity,
    private readonly holds: Holds,
    private readonly metering: MeterAttemptService,
    private readonly attempts: AttemptStore,
    private readonly release: ReservationRelease,
  ) {}

  /** Does nothing where no attempt of the segment has ended, or all is done. */
  async execute(context: OperationContext, segmentId: SegmentId): Promise<void> {
    const attempt = await this.transactions.run(context, (ctx) => this.attempts.findUnsettledOfSegment(ctx, segmentId));
    if (attempt?.state !== 'ENDED') return;
    if (attempt.startedAt !== null) await this.metering.execute(context, attempt.id);
    await this.transactions.run(context, async (ctx) => {
      const job = await this.runs.lockJob(ctx, attempt.jobId);
      if (!job || !(await this.attempts.settle(ctx, attempt.id, nowSeconds(this.clock)))) return;
      await this.settle(ctx, attempt, job);
      crashPoint('end:before-commit');
    });
    crashPoint('end:after-commit');
  }

  private async settle(ctx: TxContext, attempt: Attempt, locked: LockedJob): Promise<void> {
    const job = await this.jobs.findJob(ctx, attempt.jobId);
    const segment = await this.jobs.findSegment(ctx, attempt.segmentId);
    if (!job || !segment) return;
    const at = attempt.endedAt ?? nowSeconds(this.clock);
    const ended = await this.runs.endSegment(ctx, {
      ...{ segmentId: segment.id, fence: attempt.fence, at },
      outcome: outcomeOf(attempt, { job, locked, segment }),
      exitCode: attempt.exitCode,
      runStartedAt: attempt.startedAt,
      runEndedAt: attempt.startedAt === null ? null : at,
      data: { attemptId: attempt.id },
    });
    // A stale fence: the segment and what is reserved for it are another attempt's affair.
    if (ended) await this.giveBack(ctx, attempt, ended);
  }

  private async giveBack(ctx: TxContext, attempt: Attempt, ended: EndedSegment): Promise<void> {
    const { segment, strandedSegmentId } = ended;
    await this.capacity.release(ctx, segment.id, attempt.endedAt ?? nowSeconds(this.clock));
    // Of one that ran, accounting gives back the rest when all is charged.
    if (attempt.startedAt === null) await this.holds.release(ctx, segment.holdId);
    if (strandedSegmentId) await this.release.giveUp(ctx, strandedSegmentId, 'job-ended');
    const segments = await this.jobs.segmentsOfJob(ctx, attempt.jobId);
    const next = segments.find((each) => each.state === 'RESERVED');
    afterCommit(ctx, () => {
      this.doorbells.ring('plan-round', 'all');
      this.doorbells.ring('rate-usage', 'all');
      if (next) this.doorbells.ring('dispatch-segment', next.id);
    });
  }
}

function outcomeOf(
  attempt: Attempt,
  of: { readonly job: Job; readonly locked: LockedJob; readonly segment: Segment },
): Outcome {
  const { job, locked, segment } = of;
  const hasCheckpoint = attempt.sealedAt !== null;
  const wasToldToEnd = segment.state === 'CHECKPOINTING';
  return segmentOutcome(
    { ...attempt, outcome: attempt.outcome ?? 'vanished', hasCheckpoint, wasToldToEnd },
    {
      canCheckpoint: locked.canCheckpoint,
      cancelRequested: locked.cancelRequestedAt !== null,
      walltimeSeconds: job.walltimeSeconds,
      usefulSeconds: locked.usefulSeconds,
    },
    segment,
  );
}
