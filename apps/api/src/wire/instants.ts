import { type EpochSeconds, fromEpochSeconds, toEpochSeconds } from '#libs/kernel';

/** RFC 3339 in `Z`, whole seconds. */
export function toApiInstant(at: EpochSeconds): string {
  return fromEpochSeconds(at).toISOString().replace('.000Z', 'Z');
}

export function toApiInstantOrNull(at: EpochSeconds | null): string | null {
  return at === null ? null : toApiInstant(at);
}

/** An instant that the schema has let through; what is below a second is dropped. */
export function fromApiInstant(text: string): EpochSeconds {
  return toEpochSeconds(new Date(text));
}

export function fromApiInstantOrNull(text: string | null): EpochSeconds | null {
  return text === null ? null : fromApiInstant(text);
}
