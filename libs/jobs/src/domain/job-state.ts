import { JOB_STATES, REASONS } from '#libs/contracts';
import type { TransitionTable } from '#libs/kernel';
import type { Outcome, SegmentState } from './segment-state.js';

export type JobState = (typeof JOB_STATES)[number];
export type ReasonCode = (typeof REASONS)[number];

export const TERMINAL_JOB_STATES = [
  'COMPLETED',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
  'PREEMPTED',
  'NODE_FAIL',
  'DEADLINE',
  'OUT_OF_BUDGET',
] as const;
export type TerminalJobState = (typeof TERMINAL_JOB_STATES)[number];

const RUN_ENDS: readonly JobState[] = ['COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED', 'PREEMPTED', 'NODE_FAIL'];

/** A submitted job may end, or go back to waiting, from every state in which it may be seen to end. */
export const JOB_TRANSITIONS: TransitionTable<JobState> = {
  PENDING: ['SCHEDULED', 'CANCELLED', 'DEADLINE', 'OUT_OF_BUDGET'],
  SCHEDULED: ['CONFIGURING', 'PENDING', 'CANCELLED'],
  CONFIGURING: ['RUNNING', 'LOST_CONTACT', 'COMPLETING', 'PENDING', ...RUN_ENDS],
  RUNNING: ['LOST_CONTACT', 'COMPLETING', 'PENDING', ...RUN_ENDS],
  LOST_CONTACT: ['CONFIGURING', 'RUNNING', 'COMPLETING', 'PENDING', ...RUN_ENDS],
  COMPLETING: ['LOST_CONTACT', 'PENDING', ...RUN_ENDS],
  COMPLETED: [],
  FAILED: [],
  TIMEOUT: [],
  CANCELLED: [],
  PREEMPTED: [],
  NODE_FAIL: [],
  DEADLINE: [],
  OUT_OF_BUDGET: [],
};

/** What is recorded when a job enters a state. Its first event is `job.submitted`. */
export const JOB_EVENTS: Readonly<Record<JobState, string>> = {
  PENDING: 'job.requeued',
  SCHEDULED: 'job.scheduled',
  CONFIGURING: 'job.dispatched',
  RUNNING: 'job.started',
  LOST_CONTACT: 'job.contactLost',
  COMPLETING: 'job.runEnded',
  COMPLETED: 'job.completed',
  FAILED: 'job.failed',
  TIMEOUT: 'job.timedOut',
  CANCELLED: 'job.cancelled',
  PREEMPTED: 'job.preempted',
  NODE_FAIL: 'job.nodeFailed',
  DEADLINE: 'job.deadlinePassed',
  OUT_OF_BUDGET: 'job.budgetExhausted',
};

/** What a job is while a segment of it stands. */
export const JOB_STATE_OF_SEGMENT: Readonly<Record<Exclude<SegmentState, 'ENDED'>, JobState>> = {
  RESERVED: 'SCHEDULED',
  SUBMITTING: 'CONFIGURING',
  QUEUED: 'CONFIGURING',
  RUNNING: 'RUNNING',
  CHECKPOINTING: 'RUNNING',
  LOST_CONTACT: 'LOST_CONTACT',
};

export function isTerminal(state: JobState): state is TerminalJobState {
  return (TERMINAL_JOB_STATES as readonly JobState[]).includes(state);
}

export interface AfterSegment {
  readonly canCheckpoint: boolean;
  /** The segment was seen to run. */
  readonly hasBegun: boolean;
  /** The job asks to be run again from the start. */
  readonly requeue: boolean;
  readonly cancelRequested: boolean;
}

export interface NextJobState {
  readonly state: JobState;
  /** Why it waits; null where it does not. */
  readonly reason: ReasonCode | null;
}

/** Outcomes that are the program's own or the submitter's: they end the job. */
const OWN_END = { completed: 'COMPLETED', failed: 'FAILED', timeout: 'TIMEOUT', cancelled: 'CANCELLED' } as const;

/** Outcomes that came from outside: where the job cannot go on it ends so, else it waits with that reason. */
const CUT_SHORT = {
  preempted: { end: 'PREEMPTED', reason: 'Preempted' },
  window_end: { end: 'TIMEOUT', reason: 'WindowEnd' },
  node_fail: { end: 'NODE_FAIL', reason: 'CenterDown' },
  lost: { end: 'NODE_FAIL', reason: 'CenterDown' },
} as const;

/** What becomes of a job whose live segment ended so, by the table of design section 5. */
export function jobStateAfter(outcome: Outcome, job: AfterSegment): NextJobState {
  if (outcome in OWN_END) return { state: OWN_END[outcome as keyof typeof OWN_END], reason: null };
  if (job.cancelRequested) return { state: 'CANCELLED', reason: null };
  // A second copy of a run that another copy holds: nothing of this segment ran.
  if (outcome === 'duplicate') return { state: 'PENDING', reason: 'Priority' };
  const { end, reason } = CUT_SHORT[outcome as keyof typeof CUT_SHORT];
  const goesOn = job.canCheckpoint || !job.hasBegun || job.requeue;
  return goesOn ? { state: 'PENDING', reason } : { state: end, reason: null };
}
