import { describe, expect, it } from 'vitest';
import { SEGMENT_STATES } from '#libs/contracts';
import { assertTransition, canTransition, IllegalTransitionError } from '#libs/kernel';
import { isLive, SEGMENT_EVENTS, SEGMENT_TRANSITIONS } from './segment-state.js';

/** Written out a second time. */
const LEGAL: Record<string, string> = {
  RESERVED: 'SUBMITTING ENDED',
  SUBMITTING: 'QUEUED RUNNING LOST_CONTACT ENDED',
  QUEUED: 'SUBMITTING RUNNING LOST_CONTACT ENDED',
  RUNNING: 'LOST_CONTACT CHECKPOINTING ENDED',
  LOST_CONTACT: 'SUBMITTING QUEUED RUNNING CHECKPOINTING ENDED',
  CHECKPOINTING: 'RUNNING LOST_CONTACT ENDED',
};

describe('the states of a segment', () => {
  it.each(SEGMENT_STATES.flatMap((from) => SEGMENT_STATES.map((to) => ({ from, to }))))(
    '$from to $to',
    ({ from, to }) => {
      const isLegal = (LEGAL[from] ?? '').split(' ').includes(to);
      expect(canTransition(SEGMENT_TRANSITIONS, from, to)).toBe(isLegal);
      const move = () => assertTransition('segment', SEGMENT_TRANSITIONS, from, to);
      if (isLegal) expect(move).not.toThrow();
      else expect(move).toThrow(IllegalTransitionError);
    },
  );

  it('are live from the submission to the end', () => {
    expect(SEGMENT_STATES.filter((state) => !isLive(state))).toEqual(['RESERVED', 'ENDED']);
  });

  it('have an event each, told apart by name', () => {
    expect(new Set(Object.values(SEGMENT_EVENTS)).size).toBe(SEGMENT_STATES.length);
  });
});
