/** Every doorbell. A bell carries an id only; its handler reads the row, and is safe to run twice or never. */
export const BELLS = [
  /** Plan anew; the id is always `all`. */
  'plan-round',
  /** A reserved segment may be due: stage, submit. */
  'dispatch-segment',
  /** Look at a cluster: its attempts, their ends, checkpoints, progress. */
  'observe-cluster',
  /** Close and rate usage of an attempt. */
  'meter-attempt',
  /** Charge what the meter closed; the id is always `all`. */
  'rate-usage',
  /** A job's cancellation was asked for. */
  'cancel-job',
] as const;

export type BellName = (typeof BELLS)[number];

/** Rings bells: coalesced, never awaited, never throwing. A bell lost is found by the sweep. */
export abstract class Doorbells {
  abstract ring(bell: BellName, id: string): void;
}

/** One handler a bell, in `apps/worker`: an adapter that calls one use case. */
export abstract class BellHandler {
  abstract readonly bell: BellName;
  abstract handle(id: string): Promise<void>;
  /** The ids that need handling now, whether or not a bell was rung: what the sweep asks. */
  abstract findMissed(): Promise<readonly string[]>;
  /** How often the sweep asks. With the queue dead everything still happens, this late. */
  readonly sweepMs: number = 2000;
}
