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
  type JobState,
  type NextJobState,
  type ReasonCode,
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
export { isLive, type Outcome, type SegmentState } from './domain/segment-state.js';
