import type { EpochSeconds } from '#libs/kernel';
import type { JobForecast } from '../application/forecast.store.js';
import { SCHEDULING } from '../scheduling.config.js';

/** Whether a reader would see a difference that matters: another shown reason, another place, a time that moved by more than a minute. */
export function hasChanged(before: JobForecast | undefined, after: JobForecast): boolean {
  if (!before) return true;
  return (
    hasMoved(before.startsAt, after.startsAt) ||
    hasMoved(before.finishesAt, after.finishesAt) ||
    before.reasons.map((reason) => reason.code).join() !== after.reasons.map((reason) => reason.code).join() ||
    before.segments.map((segment) => segment.windowId).join() !==
      after.segments.map((segment) => segment.windowId).join()
  );
}

function hasMoved(before: EpochSeconds | null, after: EpochSeconds | null): boolean {
  if (before === null || after === null) return before !== after;
  return Math.abs(before - after) > SCHEDULING.FORECAST_DRIFT_SECONDS;
}
