import { describe, expect, it } from 'vitest';
import { DomainError, InvalidInputError } from './domain-error.js';
import { asId, isUuid } from './ids.js';
import { assertTransition, canTransition, IllegalTransitionError, type TransitionTable } from './state-machine.js';

type Light = 'red' | 'green' | 'yellow';
const TABLE: TransitionTable<Light> = { red: ['green'], green: ['yellow'], yellow: ['red'] };
const STATES = Object.keys(TABLE) as Light[];

describe('a table of transitions', () => {
  it('allows what it names, and nothing else, for all pairs', () => {
    const allowed = STATES.flatMap((from) =>
      STATES.filter((to) => canTransition(TABLE, from, to)).map((to) => from + to),
    );
    expect(allowed).toEqual(['redgreen', 'greenyellow', 'yellowred']);
  });

  it('says which step of what was refused', () => {
    expect(() => assertTransition('light', TABLE, 'red', 'green')).not.toThrow();
    const refuse = () => assertTransition('light', TABLE, 'red', 'yellow');
    expect(refuse).toThrow(new IllegalTransitionError('light', 'red', 'yellow'));
    expect(refuse).toThrow('a light cannot go from red to yellow');
  });
});

describe('errors and ids', () => {
  it('carry a code, figures and the name of their class', () => {
    const error = new IllegalTransitionError('light', 'red', 'yellow');
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({
      name: 'IllegalTransitionError',
      code: 'illegal-transition',
      details: { subject: 'light', from: 'red', to: 'yellow' },
    });
  });

  it('tell all faults of an input at once', () => {
    const faults = [
      { path: '/nodes', message: 'too many' },
      { path: '/start', message: 'is over' },
    ];
    expect(new InvalidInputError(faults)).toMatchObject({ faults, message: '/nodes: too many; /start: is over' });
  });

  it('take a lower-case UUID and nothing else', () => {
    const uuid = '0197b2a4-7c1e-7d3f-8a55-0123456789ab';
    expect(asId(uuid)).toBe(uuid);
    for (const text of ['', uuid.toUpperCase(), `${uuid} `, uuid.replaceAll('-', ''), `x${uuid}`]) {
      expect(isUuid(text)).toBe(false);
      expect(() => asId(text)).toThrow(RangeError);
    }
  });
});
