import { Injectable } from '@nestjs/common';
import type { EpochSeconds, JobId, SegmentId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import {
  isTerminal,
  JOB_STATE_OF_SEGMENT,
  type JobState,
  jobStateAfter,
  type NextJobState,
} from '../domain/job-state.js';
import type { LockedJob } from '../domain/job.js';
import type { ProgressPoint, Segment } from '../domain/segment.js';
import { isLive, type Outcome, type SegmentState } from '../domain/segment-state.js';
import { JobStore } from './job.store.js';
import { type LockedSegment, SegmentStore } from './segment.store.js';
import { StateChanges } from './state-changes.service.js';

interface Report {
  readonly segmentId: SegmentId;
  /** Of the attempt that reports. Left out: the broker's own word, which no fence voids. */
  readonly fence?: number;
  /** When it happened, by the cluster; the event's own time is when it was recorded. */
  readonly at: EpochSeconds;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface MoveSegmentInput extends Report {
  readonly from: SegmentState;
  readonly to: Exclude<SegmentState, 'RESERVED' | 'ENDED'>;
  readonly reason: string | null;
  readonly patch?: { readonly runStartedAt?: EpochSeconds; readonly endsAt?: EpochSeconds };
}

export interface EndSegmentInput extends Report {
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly runStartedAt: EpochSeconds | null;
  readonly runEndedAt: EpochSeconds | null;
}

export interface EndedSegment {
  readonly segment: Segment;
  readonly jobState: JobState;
  /** Reserved for a job that has ended: the caller releases it, with its nodes and money. */
  readonly strandedSegmentId: SegmentId | null;
}

interface Locked {
  readonly job: LockedJob;
  readonly locked: LockedSegment;
}

/**
 * What becomes of dispatched segments. Each use case locks the job, so of two movers one wins and the other is answered
 * false or null: a stale fence, or a state that somebody else has left.
 */
@Injectable()
export class SegmentRuns {
  constructor(
    private readonly jobs: JobStore,
    private readonly segments: SegmentStore,
    private readonly changes: StateChanges,
  ) {}

  /** The job's row until the commit; null where there is none. */
  async lockJob(ctx: TxContext, jobId: JobId): Promise<LockedJob | null> {
    return this.jobs.lockJob(ctx, jobId);
  }

  /** The fence of a new attempt; reports of all older ones are void from the commit on. */
  async nextFence(ctx: TxContext, jobId: JobId): Promise<number> {
    const fence = await this.jobs.nextFence(ctx, jobId);
    if (fence === null) throw new RangeError(`there is no job ${jobId}`);
    return fence;
  }

  /**
   * Moves a segment and, by the table of design section 5, its job. A segment is not dispatched (`RESERVED` to
   * `SUBMITTING`) while another of its job is live or the job's cancellation is asked for: false.
   * @throws IllegalTransitionError where the segment's table does not allow it.
   */
  async moveSegment(ctx: TxContext, input: MoveSegmentInput): Promise<boolean> {
    const found = await this.lock(ctx, input);
    if (!found || found.locked.segment.state !== input.from) return false;
    const { job, locked } = found;
    if (input.from === 'RESERVED' && !(await this.isDispatchable(ctx, job))) return false;
    const began = input.to === 'RUNNING' ? { runStartedAt: input.patch?.runStartedAt ?? input.at } : {};
    const change = { ...input.patch, ...began, to: input.to, reason: input.reason };
    if (!(await this.changes.moveSegment(ctx, locked, change, { happenedAt: input.at, ...input.data }))) return false;
    await this.followSegment(ctx, job, locked.segment.id, input.to, began.runStartedAt);
    return true;
  }

  /** The process has ended; its end is not proved or metered yet. The segment stays as it is. */
  async markCompleting(ctx: TxContext, report: Report): Promise<boolean> {
    const found = await this.lock(ctx, report);
    if (
      !found ||
      !isLive(found.locked.segment.state) ||
      found.job.state === 'COMPLETING' ||
      isTerminal(found.job.state)
    )
      return false;
    const data = { segmentId: report.segmentId, happenedAt: report.at, ...report.data };
    return (await this.changes.moveJob(ctx, found.job, { to: 'COMPLETING', reason: null }, data)) !== null;
  }

  /**
   * Ends a segment by proof and moves its job on: to its end, or back to waiting (and on to `SCHEDULED` where its next
   * segment is reserved already). Null where the segment has ended before, or the fence is stale.
   */
  async endSegment(ctx: TxContext, input: EndSegmentInput): Promise<EndedSegment | null> {
    const found = await this.lock(ctx, input);
    if (!found || found.locked.segment.state === 'ENDED') return null;
    const { job, locked } = found;
    const { outcome, exitCode, runStartedAt, runEndedAt } = input;
    const change = { to: 'ENDED' as const, reason: outcome, outcome, exitCode, runStartedAt, runEndedAt };
    if (!(await this.changes.moveSegment(ctx, locked, change, { happenedAt: input.at, exitCode, ...input.data })))
      return null;
    const jobState = await this.moveJobOn(ctx, found, input);
    const [standing] = await this.segments.standingOf(ctx, job.id);
    const segment = {
      ...locked.segment,
      state: change.to,
      outcome,
      exitCode,
      runStartedAt: beganAt(found, input),
      runEndedAt,
    };
    return { segment, jobState, strandedSegmentId: isTerminal(jobState) ? (standing?.id ?? null) : null };
  }

  /** Ends a job that nothing stands for. False where it is not `PENDING` any more. */
  async endPending(
    ctx: TxContext,
    jobId: JobId,
    end: { readonly to: 'CANCELLED' | 'DEADLINE' | 'OUT_OF_BUDGET'; readonly at: EpochSeconds },
  ): Promise<boolean> {
    const job = await this.jobs.lockJob(ctx, jobId);
    if (job?.state !== 'PENDING') return false;
    return (await this.changes.moveJob(ctx, job, { to: end.to, reason: null, endedAt: end.at })) !== null;
  }

  /** Run time that a newly verified checkpoint keeps. */
  async addUseful(ctx: TxContext, jobId: JobId, seconds: number): Promise<boolean> {
    return this.jobs.addUseful(ctx, jobId, seconds);
  }

  /** A step that is known already stays as it was first told. Thinning out is the caller's. False where there is no such segment. */
  async recordProgress(
    ctx: TxContext,
    input: { readonly segmentId: SegmentId; readonly points: readonly Omit<ProgressPoint, 'segmentId'>[] },
  ): Promise<boolean> {
    const found = await this.segments.findSegment(ctx, input.segmentId);
    if (found) await this.segments.insertProgress(ctx, found.segment, input.points);
    return found !== null;
  }

  private async lock(ctx: TxContext, report: Report): Promise<Locked | null> {
    const before = await this.segments.findSegment(ctx, report.segmentId);
    const job = before && (await this.jobs.lockJob(ctx, before.segment.jobId));
    if (!job || (report.fence !== undefined && report.fence !== job.fence)) return null;
    // Read anew: it may have changed while the lock was waited for.
    const locked = await this.segments.findSegment(ctx, report.segmentId);
    return locked && { job, locked };
  }

  private async isDispatchable(ctx: TxContext, job: LockedJob): Promise<boolean> {
    // What was reserved beside a run that ended its job is stranded: released, never dispatched.
    if (job.cancelRequestedAt !== null || isTerminal(job.state)) return false;
    const standing = await this.segments.standingOf(ctx, job.id);
    return !standing.some((segment) => isLive(segment.state));
  }

  private async followSegment(
    ctx: TxContext,
    job: LockedJob,
    segmentId: SegmentId,
    segmentState: MoveSegmentInput['to'],
    startedAt: EpochSeconds | undefined,
  ): Promise<void> {
    const to = JOB_STATE_OF_SEGMENT[segmentState];
    // Its process is known to have ended: only losing sight of the cluster says more than that.
    const isSettling = job.state === 'COMPLETING' && to !== 'LOST_CONTACT';
    if (job.state === to || isSettling) return;
    await this.changes.moveJob(
      ctx,
      job,
      { to, reason: null, ...(startedAt === undefined ? {} : { startedAt }) },
      { segmentId },
    );
  }

  private async moveJobOn(ctx: TxContext, found: Locked, input: EndSegmentInput): Promise<JobState> {
    const { job, locked } = found;
    // Reserved beside a live one: the job goes on with that.
    if (locked.segment.state === 'RESERVED' && job.state !== 'SCHEDULED') return job.state;
    const next = nextStateOf(found, input);
    const began = beganAt(found, input);
    const data = { segmentId: input.segmentId, outcome: input.outcome };
    const ends = { endedAt: input.runEndedAt ?? input.at, exitCode: input.exitCode };
    const moved = await this.changes.moveJob(
      ctx,
      job,
      {
        to: next.state,
        reason: next.reason,
        ...(began === null ? {} : { startedAt: began }),
        ...(isTerminal(next.state) ? ends : {}),
      },
      data,
    );
    return moved?.state === 'PENDING' ? this.takeUpReserved(ctx, moved) : next.state;
  }

  private async takeUpReserved(ctx: TxContext, job: LockedJob): Promise<JobState> {
    const [reserved] = await this.segments.standingOf(ctx, job.id);
    if (!reserved) return job.state;
    await this.changes.moveJob(ctx, job, { to: 'SCHEDULED', reason: null }, { segmentId: reserved.id });
    return 'SCHEDULED';
  }
}

function beganAt({ locked }: Locked, input: EndSegmentInput): EpochSeconds | null {
  return locked.segment.runStartedAt ?? input.runStartedAt;
}

function nextStateOf(found: Locked, input: EndSegmentInput): NextJobState {
  const { canCheckpoint, requeue, cancelRequestedAt } = found.job;
  const hasBegun = beganAt(found, input) !== null;
  return jobStateAfter(input.outcome, {
    canCheckpoint,
    hasBegun,
    requeue,
    cancelRequested: cancelRequestedAt !== null,
  });
}
