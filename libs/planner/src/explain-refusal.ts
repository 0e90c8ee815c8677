import type { Decimal, EpochSeconds, Interval } from '#libs/kernel';
import type { Demand } from './demand.js';
import { hasDevicesFor, isCenterAllowed, isTenantAllowed } from './eligibility.js';
import { explainBounds } from './explain-bounds.js';
import { shortestCut } from './label.js';
import { JobPlacer, NO_BOUNDS, type PlacementContext } from './place-job.js';
import { countNodes, formatInstant, formatSpan, type Reason } from './reason.js';
import { beginTime, describeNeed } from './reason-parts.js';
import { stretchesFor, type Supply, type WindowSupply } from './supply.js';
import { eachCommonStep } from './timeline.js';
import type { PlannerJob, PlannerPool } from './types.js';

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
  const { demand, available, supply, context } = input;
  const supplied = explainPools(input) ?? explainBegin(input) ?? explainWindows(input) ?? explainCapacity(input);
  if (supplied !== null) return supplied;
  const bounds = explainBounds(new JobPlacer(supply, demand, available, context), available);
  return bounds.length > 0 ? bounds : [describeRoom(input)];
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
  const whole = demand.firstRestartSeconds + demand.usefulSeconds;
  const least = demand.isCuttable
    ? Math.min(whole, shortestCut({ supply: one }, demand.firstRestartSeconds, demand))
    : whole;
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
