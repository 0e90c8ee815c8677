import type { EpochSeconds } from '#libs/kernel';
import type { Actor, EventSubject } from '#libs/platform';

/** A change of state as it happened: a job's own, or one of its segments'. */
export interface JobEvent {
  readonly id: string;
  readonly subjectType: EventSubject;
  readonly subjectId: string;
  /** Counts the subject's events from 1 without a gap. */
  readonly seq: number;
  readonly type: string;
  readonly fromState: string | null;
  readonly toState: string | null;
  readonly reason: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  readonly requestId: string;
  readonly at: EpochSeconds;
}
