import { Injectable } from '@nestjs/common';
import type { Interval, SegmentId } from '#libs/kernel';
import { Clock, nowSeconds, type TxContext } from '#libs/platform';
import type { JobState } from '../domain/job-state.js';
import type { LockedJob } from '../domain/job.js';
import type { Segment } from '../domain/segment.js';
import { JobStore } from './job.store.js';
import { SegmentStore } from './segment.store.js';
import { StateChanges } from './state-changes.service.js';

export interface CreateSegmentInput extends Pick<
  Segment,
  | 'jobId'
  | 'centerId'
  | 'clusterId'
  | 'poolId'
  | 'offerId'
  | 'windowId'
  | 'windowGeneration'
  | 'nodes'
  | 'devicesPerNode'
  | 'expectedUsefulSeconds'
  | 'priceScheduleId'
  | 'holdId'
> {
  readonly segmentId: SegmentId;
  readonly interval: Interval;
}

/** `job-changed`: the job is not one to reserve for any more (cancelled, ended, reserved already, or its run reaches into the span). */
export type CreateSegmentAnswer = 'created' | 'job-changed';

/** While nothing is reserved, a further segment may be: beside none, or beside a live one. */
const RESERVABLE: readonly JobState[] = ['PENDING', 'CONFIGURING', 'RUNNING'];

/** Segments as promises: made when the planner commits, taken back before they are dispatched. */
@Injectable()
export class SegmentReservations {
  constructor(
    private readonly clock: Clock,
    private readonly jobs: JobStore,
    private readonly segments: SegmentStore,
    private readonly changes: StateChanges,
  ) {}

  /** Locks the job: after the pool and the window, before an account. Nodes and money are the caller's, in this transaction. */
  async createSegment(ctx: TxContext, input: CreateSegmentInput): Promise<CreateSegmentAnswer> {
    const job = await this.jobs.lockJob(ctx, input.jobId);
    if (!job || !(await this.isReservable(ctx, job, input.interval))) return 'job-changed';
    const segment = await this.segmentOf(ctx, job, input);
    await this.segments.insertSegment(ctx, segment);
    await this.changes.recordSegment(ctx, segment, {
      seq: 1,
      fromState: null,
      toState: 'RESERVED',
      reason: null,
      data: { nodes: segment.nodes, startsAt: segment.startsAt, endsAt: segment.endsAt },
    });
    if (job.state === 'PENDING')
      await this.changes.moveJob(ctx, job, { to: 'SCHEDULED', reason: null }, { segmentId: segment.id });
    return 'created';
  }

  /**
   * Takes a reserved segment back: it ends `cancelled`; its job waits again, or is cancelled where that was asked for.
   * False where the segment is not reserved any more. Its nodes and money are the caller's to release.
   */
  async releaseSegment(ctx: TxContext, segmentId: SegmentId, reason: string): Promise<boolean> {
    const jobId = (await this.segments.findSegment(ctx, segmentId))?.segment.jobId;
    const job = jobId && (await this.jobs.lockJob(ctx, jobId));
    const locked = job && (await this.segments.findSegment(ctx, segmentId));
    if (!locked || locked.segment.state !== 'RESERVED') return false;
    if (!(await this.changes.moveSegment(ctx, locked, { to: 'ENDED', outcome: 'cancelled', reason }))) return false;
    if (job.state === 'SCHEDULED') await this.leaveScheduled(ctx, job);
    return true;
  }

  private async leaveScheduled(ctx: TxContext, job: LockedJob): Promise<void> {
    if (job.cancelRequestedAt === null) await this.changes.moveJob(ctx, job, { to: 'PENDING', reason: 'Priority' });
    else await this.changes.moveJob(ctx, job, { to: 'CANCELLED', reason: null, endedAt: nowSeconds(this.clock) });
  }

  private async isReservable(ctx: TxContext, job: LockedJob, span: Interval): Promise<boolean> {
    if (!RESERVABLE.includes(job.state) || job.cancelRequestedAt !== null) return false;
    const standing = await this.segments.standingOf(ctx, job.id);
    return standing.every((segment) => segment.state !== 'RESERVED' && segment.endsAt <= span.startsAt);
  }

  private async segmentOf(ctx: TxContext, job: LockedJob, input: CreateSegmentInput): Promise<Segment> {
    const { segmentId: id, interval, ...place } = input;
    return {
      ...place,
      ...interval,
      id,
      tenantId: job.tenantId,
      seq: await this.segments.nextSeq(ctx, job.id),
      state: 'RESERVED',
      outcome: null,
      runStartedAt: null,
      runEndedAt: null,
      exitCode: null,
      createdAt: nowSeconds(this.clock),
    };
  }
}
