import {
  cutInterval,
  DAY_SECONDS,
  type CenterId,
  type EpochSeconds,
  type Interval,
  type OfferId,
  type PoolId,
  type WindowId,
} from '#libs/kernel';

/** A longer occurrence is cut into windows of this length, so that a change of the offer binds soon. */
export const WINDOW_SECONDS_MAX = 7 * DAY_SECONDS;
/** Windows are made this far ahead; the rest of an offer becomes windows as time goes on. */
export const WINDOWS_AHEAD_SECONDS = 30 * DAY_SECONDS;

/** A span of supply. Its `generation` rises with every change, so that a plan made on an older one is refused. */
export interface OfferWindow extends Interval {
  readonly id: WindowId;
  readonly offerId: OfferId;
  readonly poolId: PoolId;
  readonly centerId: CenterId;
  readonly nodes: number;
  readonly generation: number;
  readonly state: 'open' | 'withdrawn';
}

/**
 * The spans that are still to become windows of one occurrence: whole pieces of at most seven days, counted from
 * the occurrence's start, that open within thirty days of `now`. What lies before `coveredUntil` (the end of the last
 * window made) or is over already is left out, so making windows twice makes them once.
 */
export function windowSpans(occurrence: Interval, now: EpochSeconds, coveredUntil: EpochSeconds): Interval[] {
  const from = Math.max(now, coveredUntil);
  return pieces(occurrence)
    .filter((piece) => piece.endsAt > from && piece.startsAt < now + WINDOWS_AHEAD_SECONDS)
    .map((piece) => ({ startsAt: Math.max(piece.startsAt, from), endsAt: piece.endsAt }));
}

function pieces(occurrence: Interval): Interval[] {
  const cuts: EpochSeconds[] = [];
  for (let at = occurrence.startsAt + WINDOW_SECONDS_MAX; at < occurrence.endsAt; at += WINDOW_SECONDS_MAX)
    cuts.push(at);
  return cutInterval(occurrence, cuts);
}
