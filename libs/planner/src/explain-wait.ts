import type { EpochSeconds } from '#libs/kernel';
import type { Demand } from './demand.js';
import type { Placement, PlacementContext } from './place-job.js';
import { formatInstant, formatSpan, type Reason } from './reason.js';
import { beginTime, describeNeed } from './reason-parts.js';

/** Why a job with a forecast has not started. `firstPlannedAt`: this plan's earliest start on any pool that may serve it. */
export function explainWait(
  demand: Demand,
  placement: Placement,
  context: PlacementContext,
  firstPlannedAt: EpochSeconds,
): Reason[] {
  const reasons = placement.isComplete ? [] : [beyondHorizon(demand, placement, context)];
  const startsAt = placement.segments[0]?.startsAt ?? context.now;
  if (startsAt <= context.now) return reasons;
  if (demand.earliestAt > context.now) return [beginTime(demand.earliestAt, ''), ...reasons];
  const { nodes } = demand.job;
  const figures = { nodes, startsAt, waitSeconds: startsAt - context.now };
  const wait = `needs ${describeNeed(demand.job)}; planned to start at ${formatInstant(startsAt)}, in ${formatSpan(startsAt - context.now)}`;
  const isBehind = firstPlannedAt < startsAt;
  return [
    isBehind
      ? { code: 'Priority', message: `${wait}, behind jobs ranked before it`, figures }
      : { code: 'Resources', message: wait, figures },
    ...reasons,
  ];
}

/** The horizon's end is no end: at the pace of the planned part the rest would take until about then. */
function beyondHorizon(demand: Demand, placement: Placement, context: PlacementContext): Reason {
  const done = placement.segments.reduce((sum, one) => sum + one.usefulSeconds, 0);
  const startsAt = placement.segments[0]?.startsAt ?? context.now;
  const left = demand.usefulSeconds - done;
  const perUseful = (context.horizonAt - startsAt) / Math.max(1, done);
  const finishesAt = context.horizonAt + Math.ceil(left * perUseful);
  return {
    code: 'BeyondHorizon',
    message: `${formatSpan(done)} of ${formatSpan(demand.usefulSeconds)} fit before ${formatInstant(context.horizonAt)}; at that pace it finishes about ${formatInstant(finishesAt)}`,
    figures: {
      plannedUsefulSeconds: done,
      remainingSeconds: left,
      horizonAt: context.horizonAt,
      extrapolatedFinishAt: finishesAt,
    },
  };
}
