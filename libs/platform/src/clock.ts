import { type EpochSeconds, toEpochSeconds } from '#libs/kernel';

/** The one clock. Nothing else in Yusuan asks what time it is. */
export abstract class Clock {
  abstract now(): Date;
}

export function nowSeconds(clock: Clock): EpochSeconds {
  return toEpochSeconds(clock.now());
}

/** The machine's clock moved by an offset, so that every process agrees with the database's clock. */
export class OffsetClock extends Clock {
  private offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  /** `reference` was read from the database between the machine's `askedAt` and now; half the round trip is its age. */
  align(reference: Date, askedAt: number): void {
    const answeredAt = Date.now();
    this.offsetMs = reference.getTime() - (askedAt + answeredAt) / 2;
  }
}
