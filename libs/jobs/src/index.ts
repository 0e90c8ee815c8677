export { JobsModule } from './jobs.module.js';
export { CancelJobService } from './application/cancel-job.service.js';
export { JobQueries } from './application/job-queries.service.js';
export type { JobFilter } from './application/job-reader.store.js';
export {
  type CreateSegmentAnswer,
  type CreateSegmentInput,
  SegmentReservations,
} from './application/segment-reservations.service.js';
export {
  type EndedSegment,
  type EndSegmentInput,
  type MoveSegmentInput,
  SegmentRuns,
} from './application/segment-runs.service.js';
export { SubmitJobService } from './application/submit-job.service.js';
export {
  type AfterSegment,
  isTerminal,
  JOB_STATE_OF_SEGMENT,
  JOB_TRANSITIONS,
  type JobState,
  jobStateAfter,
  type NextJobState,
  type ReasonCode,
  TERMINAL_JOB_STATES,
  type TerminalJobState,
} from './domain/job-state.js';
export type { JobEvent } from './domain/job-event.js';
export type {
  Job,
  JobCheckpoint,
  JobDemand,
  LockedJob,
  PlannableJob,
  StandingSegment,
  SubmitJobInput,
} from './domain/job.js';
export { JobsError, type JobsErrorCode } from './domain/jobs.errors.js';
export type { CenterSegment, ProgressPoint, Segment } from './domain/segment.js';
export {
  isLive,
  LIVE_SEGMENT_STATES,
  type Outcome,
  SEGMENT_TRANSITIONS,
  type SegmentState,
} from './domain/segment-state.js';
export { JOB_STATES, REASONS, SEGMENT_OUTCOMES as OUTCOMES, SEGMENT_STATES } from '#libs/contracts';
