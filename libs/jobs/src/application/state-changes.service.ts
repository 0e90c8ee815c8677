import { Injectable } from '@nestjs/common';
import { assertTransition } from '#libs/kernel';
import { EventStore, type TxContext } from '#libs/platform';
import { JOB_EVENTS, JOB_TRANSITIONS } from '../domain/job-state.js';
import type { LockedJob } from '../domain/job.js';
import type { Segment } from '../domain/segment.js';
import { SEGMENT_EVENTS, SEGMENT_TRANSITIONS } from '../domain/segment-state.js';
import { type JobStateChange, JobStore } from './job.store.js';
import { type LockedSegment, SegmentStore, type SegmentStateChange } from './segment.store.js';

type Figures = Readonly<Record<string, unknown>>;

/** The only place where a state of a job or a segment changes: by its table, guarded, with its event. */
@Injectable()
export class StateChanges {
  constructor(
    private readonly jobs: JobStore,
    private readonly segments: SegmentStore,
    private readonly events: EventStore,
  ) {}

  /**
   * The job as it is afterwards; null where somebody else moved on.
   * @throws IllegalTransitionError where the table does not allow it.
   */
  async moveJob(ctx: TxContext, job: LockedJob, change: JobStateChange, data: Figures = {}): Promise<LockedJob | null> {
    assertTransition('job', JOB_TRANSITIONS, job.state, change.to);
    if (!(await this.jobs.updateState(ctx, job, change))) return null;
    const moved = { ...job, state: change.to, eventSeq: job.eventSeq + 1 };
    await this.events.record(ctx, {
      tenantId: job.tenantId,
      jobId: job.id,
      subjectType: 'job',
      subjectId: job.id,
      seq: moved.eventSeq,
      type: JOB_EVENTS[change.to],
      fromState: job.state,
      toState: change.to,
      reason: change.reason,
      data,
    });
    return moved;
  }

  /** False where somebody else moved on. @throws IllegalTransitionError where the table does not allow it. */
  async moveSegment(
    ctx: TxContext,
    locked: LockedSegment,
    change: SegmentStateChange & { readonly reason: string | null },
    data: Figures = {},
  ): Promise<boolean> {
    const { segment, eventSeq } = locked;
    assertTransition('segment', SEGMENT_TRANSITIONS, segment.state, change.to);
    if (!(await this.segments.updateState(ctx, locked, change))) return false;
    await this.recordSegment(ctx, segment, {
      seq: eventSeq + 1,
      fromState: segment.state,
      toState: change.to,
      reason: change.reason,
      data,
    });
    return true;
  }

  async recordSegment(
    ctx: TxContext,
    segment: Segment,
    event: {
      readonly seq: number;
      readonly fromState: Segment['state'] | null;
      readonly toState: Segment['state'];
      readonly reason: string | null;
      readonly data: Figures;
    },
  ): Promise<void> {
    const { tenantId, centerId, jobId, id: subjectId } = segment;
    await this.events.record(ctx, {
      ...{ tenantId, centerId, jobId, subjectId },
      subjectType: 'segment',
      type: SEGMENT_EVENTS[event.toState],
      ...event,
    });
  }
}
