import { dec, formatDecimal, roundHalfEven, type Decimal, type EpochSeconds, type Interval } from '#libs/kernel';
import { hasDevicesFor, isCenterAllowed, isTenantAllowed } from './eligibility.js';
import {
  hardStartLimit,
  JobPlacer,
  NO_BOUNDS,
  type KeptBounds,
  type Placement,
  type PlacementContext,
} from './place-job.js';
import { countNodes, formatInstant, formatSpan, type Reason } from './reason.js';
import { shortestCut } from './label.js';
import { stretchesFor, type Supply, type WindowSupply } from './supply.js';
import { eachCommonStep } from './timeline.js';
import type { PlannerJob, PlannerPool } from './types.js';
import type { Demand } from './demand.js';

export interface RefusalInput {
  readonly demand: Demand;
  readonly available: Decimal | null;
  /** What this plan's higher ranks left. */
  readonly supply: Supply;
  /** The same before this plan took anything; built only where it is asked for. */
  readonly untouchedSupply: () => Supply;
  readonly context: PlacementContext;
}

/** Why no placement was found: every cause that stands by itself, the most fundamental first. At least one. */
export function explainRefusal(input: RefusalInput): Reason[] {
  return (
    explainPools(input) ??
    explainBegin(input) ??
    explainWindows(input) ??
    explainCapacity(input) ??
    explainBounds(input)
  );
}

/** `4 nodes of a100-80g or h20`. */
function describeNeed(job: PlannerJob): string {
  const kinds = job.deviceKinds.length === 0 ? 'any device kind' : job.deviceKinds.join(' or ');
  return `${countNodes(job.nodes)} of ${kinds}`;
}

function explainPools({ demand, supply }: RefusalInput): Reason[] | null {
  const { job } = demand;
  const pools = supply.pools.map((one) => one.pool);
  const withDevices = pools.filter((pool) => hasDevicesFor(pool, job));
  if (withDevices.length === 0) return [noSuchDevice(job, pools)];
  const allowed = withDevices.filter((pool) => isCenterAllowed(pool, job));
  if (allowed.length === 0) return [centerNotAllowed(job, withDevices)];
  const runnable = allowed.filter((pool) => pool.runnable || demand.includesUnreachable);
  if (runnable.length === 0) return [centerDown(allowed)];
  const widest = Math.max(...runnable.map((pool) => pool.nodes));
  return widest >= job.nodes ? null : [tooWide(job, widest, 'pool')];
}

function noSuchDevice(job: PlannerJob, pools: readonly PlannerPool[]): Reason {
  const memory = job.minDeviceMemoryGiB === null ? '' : ` with at least ${job.minDeviceMemoryGiB} GiB`;
  const kinds = job.deviceKinds.length === 0 ? 'a device of any kind' : job.deviceKinds.join(' or ');
  return {
    code: 'NoSuchDevice',
    message: `none of ${pools.length} pools has nodes with ${job.devicesPerNode} × ${kinds}${memory}`,
    figures: {
      pools: pools.length,
      devicesPerNode: job.devicesPerNode,
      deviceKinds: job.deviceKinds.join(','),
      ...(job.minDeviceMemoryGiB === null ? {} : { minDeviceMemoryGiB: job.minDeviceMemoryGiB }),
    },
  };
}

function centerNotAllowed(job: PlannerJob, pools: readonly PlannerPool[]): Reason {
  const centers = [...new Set(pools.map((pool) => pool.centerCode))].sort();
  return {
    code: 'CenterNotAllowed',
    message: `the devices asked for are only at ${centers.join(', ')}, which the job does not allow`,
    figures: {
      centers: centers.join(','),
      centersAllowed: job.centersAllowed.join(','),
      centersDenied: job.centersDenied.join(','),
    },
  };
}

function centerDown(pools: readonly PlannerPool[]): Reason {
  const centers = [...new Set(pools.map((pool) => pool.centerCode))].sort();
  return {
    code: 'CenterDown',
    message: `no connector reaches any of the ${pools.length} pools that match, at ${centers.join(', ')}`,
    figures: { pools: pools.length, centers: centers.join(',') },
  };
}

function tooWide(job: PlannerJob, widest: number, what: 'pool' | 'window'): Reason {
  return {
    code: 'Resources',
    message: `needs ${describeNeed(job)} at once; the widest ${what} that matches has ${widest}`,
    figures: { nodes: job.nodes, widestNodes: widest },
  };
}

function explainBegin({ demand, context }: RefusalInput): Reason[] | null {
  if (demand.earliestAt < context.horizonAt) return null;
  return [
    beginTime(demand.earliestAt, `, after the planner's horizon of ${formatSpan(context.horizonAt - context.now)}`),
  ];
}

function beginTime(at: EpochSeconds, more: string): Reason {
  return { code: 'BeginTime', message: `may not start before ${formatInstant(at)}${more}`, figures: { startsAt: at } };
}

/** The matching windows as if nothing had been taken of them. */
function explainWindows({ demand, supply, available, context }: RefusalInput): Reason[] | null {
  const { job } = demand;
  const windows = new JobPlacer(supply, demand, available, context).windows.filter(
    (one) => usableSpan(one, demand, context.horizonAt) !== null,
  );
  if (windows.length === 0) return [noWindow(demand, context, supply)];
  const widest = Math.max(...windows.map((one) => one.window.nodes));
  if (widest < job.nodes) return [tooWide(job, widest, 'window')];
  const wide = windows.filter((one) => one.window.nodes >= job.nodes);
  return wide.some((one) => isLongEnough(one, demand, context.horizonAt))
    ? null
    : [windowTooShort(wide, demand, context)];
}

function usableSpan(one: WindowSupply, demand: Demand, horizonAt: EpochSeconds): Interval | null {
  const startsAt = Math.max(one.window.startsAt, demand.earliestAt);
  const endsAt = Math.min(one.closesAt, horizonAt);
  return startsAt < endsAt ? { startsAt, endsAt } : null;
}

function usableSeconds(one: WindowSupply, demand: Demand, horizonAt: EpochSeconds): number {
  const span = usableSpan(one, demand, horizonAt);
  return span === null ? 0 : span.endsAt - span.startsAt;
}

function isLongEnough(one: WindowSupply, demand: Demand, horizonAt: EpochSeconds): boolean {
  const opening = { supply: one } as Parameters<typeof shortestCut>[0];
  const whole = demand.firstRestartSeconds + demand.usefulSeconds;
  const least = demand.isCuttable ? Math.min(whole, shortestCut(opening, demand.firstRestartSeconds, demand)) : whole;
  return usableSeconds(one, demand, horizonAt) >= least;
}

function noWindow(demand: Demand, context: PlacementContext, supply: Supply): Reason {
  const others = supply.windows.filter((one) => !isTenantAllowed(one.lane, demand.job)).length;
  const closed = others === 0 ? '' : `; ${others} windows are kept for other tenants`;
  return {
    code: 'Resources',
    message: `needs ${describeNeed(demand.job)}; no window that matches is open from ${formatInstant(demand.earliestAt)} to ${formatInstant(context.horizonAt)}${closed}`,
    figures: {
      nodes: demand.job.nodes,
      windows: 0,
      windowsOfOthers: others,
      from: demand.earliestAt,
      to: context.horizonAt,
    },
  };
}

function windowTooShort(windows: readonly WindowSupply[], demand: Demand, context: PlacementContext): Reason {
  const longest = Math.max(...windows.map((one) => usableSeconds(one, demand, context.horizonAt)));
  const needed = demand.firstRestartSeconds + demand.usefulSeconds;
  const cut = demand.isCuttable ? 'in segments that each make progress' : 'in one piece';
  return {
    code: 'WindowTooShort',
    message: `needs ${describeNeed(demand.job)} for ${formatSpan(needed)} ${cut}; the longest window leaves ${formatSpan(longest)}`,
    figures: { nodes: demand.job.nodes, neededSeconds: needed, longestSeconds: longest },
  };
}

/** Without any bound of its own: does it fit at all, and would it if no higher rank were there? */
function explainCapacity(input: RefusalInput): Reason[] | null {
  const { demand, supply, context } = input;
  if (new JobPlacer(supply, demand, null, context).placeSoonest(NO_BOUNDS) !== null) return null;
  const untouched = new JobPlacer(input.untouchedSupply(), demand, null, context).placeSoonest(NO_BOUNDS);
  const room = describeRoom(input);
  if (untouched === null) return [room];
  const startsAt = untouched.segments[0]?.startsAt ?? context.now;
  const priority: Reason = {
    code: 'Priority',
    message: `jobs ranked before it take the nodes; without them it would start at ${formatInstant(startsAt)}`,
    figures: { wouldStartAt: startsAt },
  };
  return [priority, room];
}

/** The widest opening, or where the gang fits, the longest. */
function describeRoom({ demand, supply, context, available }: RefusalInput): Reason {
  const { job } = demand;
  const windows = new JobPlacer(supply, demand, available, context).windows;
  const span = { startsAt: demand.earliestAt, endsAt: context.horizonAt };
  const widest = Math.max(0, ...windows.map((one) => widestFree(one, demand, context.horizonAt)));
  const nodes = Math.min(widest, job.nodes);
  const best = longestOf(nodes === 0 ? [] : windows.flatMap((one) => stretchesFor(one, span, nodes)));
  const needed = demand.firstRestartSeconds + demand.usefulSeconds;
  const need = `needs ${describeNeed(job)} for ${formatSpan(needed)}`;
  const horizon = formatSpan(context.horizonAt - context.now);
  const figures = { nodes: job.nodes, neededSeconds: needed, openingNodes: nodes };
  if (best === null) return { code: 'Resources', message: `${need}; nothing is free in ${horizon}`, figures };
  const kind = nodes < job.nodes ? 'widest' : 'longest';
  return {
    code: 'Resources',
    message: `${need}; the ${kind} opening in ${horizon} is ${countNodes(nodes)} from ${formatInstant(best.startsAt)} to ${formatInstant(best.endsAt)}`,
    figures: { ...figures, openingStartsAt: best.startsAt, openingEndsAt: best.endsAt },
  };
}

function widestFree(one: WindowSupply, demand: Demand, horizonAt: EpochSeconds): number {
  const span = usableSpan(one, demand, horizonAt);
  let widest = 0;
  if (span !== null)
    eachCommonStep(one.timeline, one.poolSupply.timeline, span, (_from, _to, free) => {
      widest = Math.max(widest, free);
    });
  return widest;
}

function longestOf(spans: readonly Interval[]): Interval | null {
  return spans.reduce<Interval | null>(
    (best, one) => (best === null || one.endsAt - one.startsAt > best.endsAt - best.startsAt ? one : best),
    null,
  );
}

/** It fits, but not within its own bounds: each bound that alone forbids it, or all of them where only together they do. */
function explainBounds(input: RefusalInput): Reason[] {
  const { demand, available, supply, context } = input;
  const { job } = demand;
  const placer = new JobPlacer(supply, demand, available, context);
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
  const reasons = (alone.length > 0 ? alone : set).map((check) => check.explain());
  return reasons.length > 0 ? reasons : [describeRoom(input)];
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
