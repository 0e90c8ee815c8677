import { dec, formatDecimal, roundHalfEven, type Decimal } from '#libs/kernel';
import type { Demand } from './demand.js';
import { hardStartLimit, NO_BOUNDS, type JobPlacer, type KeptBounds, type Placement } from './place-job.js';
import { formatInstant, type Reason } from './reason.js';
import type { PlannerJob } from './types.js';

/** A job that fits, but not within its own bounds: each bound that alone forbids it, or all of them where only together they do. */
export function explainBounds(placer: JobPlacer, available: Decimal | null): Reason[] {
  const { demand } = placer;
  const { job } = demand;
  const checks: { kept: keyof KeptBounds; isSet: boolean; explain: () => Reason }[] = [
    {
      kept: 'deadline',
      isSet: job.deadline !== null,
      explain: () => deadlineImpossible(job, placer.placeSoonest(NO_BOUNDS)),
    },
    {
      kept: 'wait',
      isSet: hardStartLimit(demand) < Infinity,
      explain: () => waitTooLong(demand, placer.placeSoonest(NO_BOUNDS)),
    },
    { kept: 'maxCost', isSet: job.maxCost !== null, explain: () => overMaxCost(job, placer.placeCheapest(NO_BOUNDS)) },
    {
      kept: 'available',
      isSet: available !== null,
      explain: () => overBudget(available, placer.placeCheapest(NO_BOUNDS)),
    },
  ];
  const set = checks.filter((check) => check.isSet);
  const alone = set.filter((check) => !fitsWithin(placer, { ...NO_BOUNDS, [check.kept]: true }));
  return (alone.length > 0 ? alone : set).map((check) => check.explain());
}

function fitsWithin(placer: JobPlacer, kept: KeptBounds): boolean {
  const isAboutMoney = kept.maxCost || kept.available;
  return (isAboutMoney ? placer.placeCheapest(kept) : placer.placeSoonest(kept)) !== null;
}

function deadlineImpossible(job: PlannerJob, soonest: Placement | null): Reason {
  const deadline = job.deadline ?? 0;
  const finishesAt = soonest?.segments.at(-1)?.endsAt ?? null;
  const found = finishesAt === null ? 'no finish is in sight' : `the soonest finish is ${formatInstant(finishesAt)}`;
  return {
    code: 'DeadlineImpossible',
    message: `cannot finish by ${formatInstant(deadline)} within its other bounds; without any, ${found}`,
    figures: { deadline, ...(finishesAt === null ? {} : { soonestFinishAt: finishesAt }) },
  };
}

function waitTooLong(demand: Demand, soonest: Placement | null): Reason {
  const limit = hardStartLimit(demand);
  const startsAt = soonest?.segments[0]?.startsAt ?? null;
  const found = startsAt === null ? '' : `; the soonest finish has it start at ${formatInstant(startsAt)}`;
  return {
    code: 'Resources',
    message: `cannot start by ${formatInstant(limit)}, the longest wait that it allows${found}`,
    figures: {
      startLimit: limit,
      maxWaitSeconds: demand.job.maxWaitSeconds ?? 0,
      ...(startsAt === null ? {} : { startsAt }),
    },
  };
}

function formatAmount(amount: Decimal): string {
  return formatDecimal(roundHalfEven(amount, 2), 2);
}

function overMaxCost(job: PlannerJob, cheapest: Placement | null): Reason {
  const maxCost = job.maxCost ?? dec(0);
  const least = cheapest === null ? null : formatAmount(cheapest.cost);
  return {
    code: 'MaxCost',
    message: `may cost ${formatAmount(maxCost)} at most${least === null ? '' : `; the cheapest placement without bounds costs ${least}`}`,
    figures: { maxCost: maxCost.toFixed(), ...(cheapest === null ? {} : { cheapestCost: cheapest.cost.toFixed() }) },
  };
}

function overBudget(available: Decimal | null, cheapest: Placement | null): Reason {
  const free = available ?? dec(0);
  const least = cheapest === null ? null : formatAmount(cheapest.hold);
  return {
    code: 'BudgetLimit',
    message: `the tenant has ${formatAmount(free)} left after the jobs ranked before it${least === null ? '' : `; the cheapest placement without bounds holds ${least}`}`,
    figures: { available: free.toFixed(), ...(cheapest === null ? {} : { neededHold: cheapest.hold.toFixed() }) },
  };
}
