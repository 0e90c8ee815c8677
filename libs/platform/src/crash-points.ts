import { appendFileSync } from 'node:fs';

/**
 * Every place where a kill leaves the world between two truths: each outside effect has a point on
 * both sides, each commit of the road from accept to charge has one after it. The list is closed; the
 * `kill -9` test walks it.
 */
export const CRASH_POINTS = [
  'accept:before-commit',
  'accept:after-commit',
  'reserve:before-commit',
  'reserve:after-commit',
  'stage:before-copy',
  'stage:after-copy',
  'submit:before',
  'submit:after',
  'signal:before',
  'signal:after',
  'cancel:before',
  'cancel:after',
  'checkpoint:before-record',
  'checkpoint:after-record',
  'end:before-commit',
  'end:after-commit',
  'meter:before-commit',
  'meter:after-commit',
  'charge:before-commit',
  'charge:after-commit',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

let armed: { point: CrashPoint; witness: string } | null = null;

/** Arms one point in this process: reaching it appends its name to the `witness` file and kills the process like `kill -9`. */
export function armCrashPoint(point: CrashPoint, witness: string): void {
  armed = { point, witness };
}

/** Does nothing unless a test armed this very point. */
export function crashPoint(point: CrashPoint): void {
  if (armed?.point !== point) return;
  appendFileSync(armed.witness, `${point}\n`);
  process.kill(process.pid, 'SIGKILL');
}
