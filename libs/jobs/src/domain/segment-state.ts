import { SEGMENT_OUTCOMES, SEGMENT_STATES } from '#libs/contracts';
import type { TransitionTable } from '#libs/kernel';

export type SegmentState = (typeof SEGMENT_STATES)[number];
export type Outcome = (typeof SEGMENT_OUTCOMES)[number];

/** Submitted to a cluster and not proved ended. A job has at most one such segment. */
export const LIVE_SEGMENT_STATES = ['SUBMITTING', 'QUEUED', 'RUNNING', 'LOST_CONTACT', 'CHECKPOINTING'] as const;

/**
 * A segment may be seen late, so states that passed between two looks may be left out. Back to `SUBMITTING`: a second
 * attempt, after the first provably never started. `LOST_CONTACT` is not an end: what is seen again goes on as what it is.
 */
export const SEGMENT_TRANSITIONS: TransitionTable<SegmentState> = {
  RESERVED: ['SUBMITTING', 'ENDED'],
  SUBMITTING: ['QUEUED', 'RUNNING', 'LOST_CONTACT', 'ENDED'],
  QUEUED: ['SUBMITTING', 'RUNNING', 'LOST_CONTACT', 'ENDED'],
  RUNNING: ['CHECKPOINTING', 'LOST_CONTACT', 'ENDED'],
  LOST_CONTACT: ['SUBMITTING', 'QUEUED', 'RUNNING', 'CHECKPOINTING', 'ENDED'],
  CHECKPOINTING: ['RUNNING', 'LOST_CONTACT', 'ENDED'],
  ENDED: [],
};

/** What is recorded when a segment enters a state. */
export const SEGMENT_EVENTS: Readonly<Record<SegmentState, string>> = {
  RESERVED: 'segment.reserved',
  SUBMITTING: 'segment.dispatched',
  QUEUED: 'segment.queued',
  RUNNING: 'segment.started',
  LOST_CONTACT: 'segment.contactLost',
  CHECKPOINTING: 'segment.checkpointRequested',
  ENDED: 'segment.ended',
};

export function isLive(state: SegmentState): boolean {
  return (LIVE_SEGMENT_STATES as readonly SegmentState[]).includes(state);
}
