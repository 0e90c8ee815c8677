import { type BellName, Clock, Doorbells, Uuid7Source } from '#libs/platform';

/** A clock that stands until a test moves it. */
export class FixedClock extends Clock {
  constructor(private at: Date) {
    super();
  }

  now(): Date {
    return this.at;
  }

  set(at: Date): void {
    this.at = at;
  }

  advance(seconds: number): void {
    this.at = new Date(this.at.getTime() + seconds * 1000);
  }
}

/** Real UUIDv7 under the test's clock; the random part counts up, so that a run repeats. */
export function countingIds(clock: Clock): Uuid7Source {
  let count = 0;
  return new Uuid7Source(clock, (into) => {
    new DataView(into.buffer).setUint32(12, ++count);
    return into;
  });
}

/** Keeps what was rung. The sweep makes bells optional, so a store's test may listen without a queue. */
export class RecordingDoorbells extends Doorbells {
  readonly rung: { bell: BellName; id: string }[] = [];

  ring(bell: BellName, id: string): void {
    this.rung.push({ bell, id });
  }
}
