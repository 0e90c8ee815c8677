import { Injectable } from '@nestjs/common';
import type { AttemptId } from '#libs/kernel';
import type { ConnectorTiming, SignalName } from '#libs/connectors';
import { isTerminal, type Job, JobQueries, type LockedJob, type Segment, SegmentRuns } from '#libs/jobs';
import { Clock, IdSource, nowSeconds, type OperationContext, TransactionRunner, type TxContext } from '#libs/platform';
import type { Attempt } from '../domain/attempt.js';
import { isTooLate, timeLimitSeconds } from '../domain/run-time.js';
import { AttemptStore } from './attempt.store.js';
import { DISPATCH_SECONDS } from './dispatch-lease.js';
import { ReservationRelease } from './reservation-release.js';

/** Makes the attempt of a reserved segment, or takes the reservation back where it is of no use any more. */
@Injectable()
export class ClaimSegment {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly jobs: JobQueries,
    private readonly runs: SegmentRuns,
    private readonly attempts: AttemptStore,
    private readonly release: ReservationRelease,
  ) {}

  /** Null where there is nothing to submit: not yet, not any more, or it is in other hands. */
  async execute(context: OperationContext, reserved: Segment, timing: ConnectorTiming): Promise<Attempt | null> {
    return this.transactions.run(context, async (ctx) => {
      const locked = await this.runs.lockJob(ctx, reserved.jobId);
      // Read anew under the job's lock.
      const segment = await this.jobs.findSegment(ctx, reserved.id);
      const job = await this.jobs.findJob(ctx, reserved.jobId);
      if (!locked || !job || segment?.state !== 'RESERVED') return null;
      const isUnwanted = locked.cancelRequestedAt !== null || isTerminal(locked.state);
      const isLate = isTooLate(segment, job, nowSeconds(this.clock));
      if (isUnwanted || isLate) {
        await this.release.giveUp(ctx, segment.id, isUnwanted ? 'not-wanted' : 'too-late');
        return null;
      }
      if (nowSeconds(this.clock) < segment.startsAt - timing.leadSeconds) return null;
      return this.claim(ctx, { segment, job, locked }, timing);
    });
  }

  private async claim(
    ctx: TxContext,
    { segment, job, locked }: { segment: Segment; job: Job; locked: LockedJob },
    timing: ConnectorTiming,
  ): Promise<Attempt | null> {
    const now = nowSeconds(this.clock);
    const id = this.ids.next<AttemptId>();
    const move = { segmentId: segment.id, from: 'RESERVED', to: 'SUBMITTING', reason: null, at: now } as const;
    // False while another segment of the job is live: it waits for that one's end.
    if (!(await this.runs.moveSegment(ctx, { ...move, data: { attemptId: id } }))) return null;
    const { tenantId, jobId, clusterId } = segment;
    const remainingSeconds = job.walltimeSeconds - locked.usefulSeconds;
    await this.attempts.insertAttempt(ctx, {
      ...{ id, tenantId, jobId, clusterId, segmentId: segment.id, createdAt: now },
      fence: await this.runs.nextFence(ctx, jobId),
      timeLimitSeconds: timeLimitSeconds(segment, { remainingSeconds, resumes: true, now }, timing),
      checkpoint: job.checkpoint && {
        // The wire's schema allows no other signals.
        signal: job.checkpoint.signal as SignalName,
        intervalSeconds: job.checkpoint.intervalSeconds,
      },
      dispatchUntil: now + DISPATCH_SECONDS,
    });
    return this.attempts.findUnsettledOfSegment(ctx, segment.id);
  }
}
