import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import { Clock } from './clock.js';

/** Ids are made by the application: UUIDv7, so that they sort by the time of their making. */
export abstract class IdSource {
  abstract next<T extends string>(): T;
}

/** Rising within a process, also when the clock steps back or stands still. */
export class Uuid7Source extends IdSource {
  private lastMs = 0;
  private sequence = 0;

  constructor(
    private readonly clock: Clock,
    private readonly randomBytes: (into: Uint8Array) => Uint8Array = (into) => randomFillSync(into),
  ) {
    super();
  }

  next<T extends string>(): T {
    const nowMs = this.clock.now().getTime();
    const random = this.randomBytes(new Uint8Array(16));
    if (nowMs > this.lastMs) {
      this.lastMs = nowMs;
      this.sequence = ((random[6]! & 0x7f) << 24) | (random[7]! << 16) | (random[8]! << 8) | random[9]!;
    } else if (++this.sequence > 0xffffffff) {
      this.lastMs += 1;
      this.sequence = 0;
    }
    return v7({ msecs: this.lastMs, seq: this.sequence, random }) as T;
  }
}
