import type { EpochSeconds } from '#libs/kernel';
import type { Reason } from '#libs/planner';
import type { JobForecast } from '../application/forecast.store.js';
import { SCHEDULING } from '../scheduling.config.js';

/**
 * Whether a reader would see a difference that matters: another reason or another amount in it, another place, a time that
 * moved by more than a minute. The times within a reason move with the clock, and alone are not worth a write.
 */
export function hasChanged(before: JobForecast | undefined, after: JobForecast): boolean {
  if (!before) return true;
  return (
    hasMoved(before.startsAt, after.startsAt) ||
    hasMoved(before.finishesAt, after.finishesAt) ||
    summary(before.reasons) !== summary(after.reasons) ||
    before.segments.map((segment) => segment.windowId).join() !==
      after.segments.map((segment) => segment.windowId).join()
  );
}

/** Codes with the figures that are text: amounts of money and names. */
function summary(reasons: readonly Reason[]): string {
  return JSON.stringify(
    reasons.map(({ code, figures }) => [
      code,
      Object.entries(figures)
        .filter(([, figure]) => typeof figure === 'string')
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  );
}

function hasMoved(before: EpochSeconds | null, after: EpochSeconds | null): boolean {
  if (before === null || after === null) return before !== after;
  return Math.abs(before - after) > SCHEDULING.FORECAST_DRIFT_SECONDS;
}
