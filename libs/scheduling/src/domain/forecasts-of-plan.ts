import type { PlannableJob } from '#libs/jobs';
import type { Currency, Decimal, EpochSeconds, JobId } from '#libs/kernel';
import type { Plan, Reason } from '#libs/planner';
import type { JobForecast } from '../application/forecast.store.js';

interface PlanFacts {
  readonly now: EpochSeconds;
  readonly jobs: ReadonlyMap<JobId, Pick<PlannableJob, 'tenantId' | 'currency'>>;
  /** Jobs whose planned reservation was refused for want of money. */
  readonly unfunded: ReadonlySet<JobId>;
}

/** A plan as its jobs' readers will see it: a forecast, or reasons, for each job planned. */
export function forecastsOfPlan(plan: Plan, facts: PlanFacts): JobForecast[] {
  const holds = new Map(plan.reservations.map((reservation) => [reservation.jobId, reservation.hold]));
  const forecasts: JobForecast[] = [];
  for (const { jobId, startsAt, finishesAt, cost, segments, reasons } of plan.forecasts) {
    const hold = facts.unfunded.has(jobId) ? holds.get(jobId) : undefined;
    if (hold) forecasts.push(...waiting(jobId, facts, (currency) => [notFunded(hold, currency)]));
    else
      forecasts.push(
        ...waiting(jobId, facts, () => reasons).map((one) => ({ ...one, startsAt, finishesAt, cost, segments })),
      );
  }
  for (const { jobId, reasons } of plan.refusals) forecasts.push(...waiting(jobId, facts, () => reasons));
  return forecasts;
}

/** Without a place. Empty for a job that the round does not know. */
function waiting(
  jobId: JobId,
  { jobs, now: plannedAt }: PlanFacts,
  reasonsIn: (currency: Currency) => readonly Reason[],
): JobForecast[] {
  const job = jobs.get(jobId);
  if (!job) return [];
  const { tenantId, currency } = job;
  const nowhere = { startsAt: null, finishesAt: null, cost: null, segments: [] };
  return [{ ...nowhere, jobId, tenantId, currency, reasons: reasonsIn(currency), plannedAt }];
}

/** The plan saw enough money and accounting refused all the same. */
function notFunded(hold: Decimal, currency: Currency): Reason {
  return {
    code: 'BudgetLimit',
    message: `needs ${hold.toFixed(2)} ${currency} held before it starts; the tenant has no account that may hold it, or money is overdue`,
    figures: { neededHold: hold.toFixed(), currency },
  };
}
