import type { Currency, JobId, OfferId } from '#libs/kernel';
import { type Plan, type PlannerCommitment, type PlannerOptions, type PlannerSnapshot, planJobs } from '#libs/planner';

export interface Currencies {
  readonly ofJob: ReadonlyMap<JobId, Currency>;
  readonly ofLane: ReadonlyMap<OfferId, Currency>;
}

/**
 * Plans each job on the offers in its own currency: prices in two currencies cannot be compared, and no rate is known.
 * Nodes that jobs of one currency take are taken for those of the next; within a currency the rank decides.
 */
export function planByCurrency(snapshot: PlannerSnapshot, currencies: Currencies, options: PlannerOptions): Plan {
  const found = [...new Set(snapshot.jobs.map((job) => currencies.ofJob.get(job.id)))];
  if (found.length === 0) return planJobs(snapshot, options);
  let { commitments } = snapshot;
  const plans = found.map((currency) => {
    const lanes = snapshot.lanes.filter((lane) => currencies.ofLane.get(lane.id) === currency);
    const jobs = snapshot.jobs.filter((job) => currencies.ofJob.get(job.id) === currency);
    const plan = planJobs({ ...snapshot, lanes, jobs, commitments }, options);
    commitments = [...commitments, ...plannedCommitments(plan)];
    return plan;
  });
  return {
    forecasts: plans.flatMap((plan) => plan.forecasts),
    refusals: plans.flatMap((plan) => plan.refusals),
    reservations: plans.flatMap((plan) => plan.reservations),
    hash: plans.map((plan) => plan.hash).join('+'),
  };
}

function plannedCommitments(plan: Plan): PlannerCommitment[] {
  return plan.forecasts.flatMap(({ jobId, segments }) =>
    segments.map(({ windowId, poolId, nodes, startsAt, endsAt }) => ({
      ...{ windowId, poolId, nodes, startsAt, endsAt },
      jobId,
    })),
  );
}
