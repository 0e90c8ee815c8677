import { DomainError } from './domain-error.js';

/** For each state, the states that may follow it. */
export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>;

export class IllegalTransitionError extends DomainError<'illegal-transition'> {
  constructor(subject: string, from: string, to: string) {
    super('illegal-transition', `a ${subject} cannot go from ${from} to ${to}`, { subject, from, to });
  }
}

export function canTransition<State extends string>(table: TransitionTable<State>, from: State, to: State): boolean {
  return table[from].includes(to);
}

/** @throws IllegalTransitionError where the table does not allow it. */
export function assertTransition<State extends string>(
  subject: string,
  table: TransitionTable<State>,
  from: State,
  to: State,
): void {
  if (!canTransition(table, from, to)) throw new IllegalTransitionError(subject, from, to);
}
