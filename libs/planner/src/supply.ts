import type { EpochSeconds, Interval, WindowId, PoolId } from '#libs/kernel';
import { stretchesWithFree, Timeline } from './timeline.js';
import type { PlannedSegment, PlannerLane, PlannerPool, PlannerSnapshot, PlannerWindow } from './types.js';

/** A pool with what is free of it over time, whichever lane takes it. */
export interface PoolSupply {
  readonly pool: PlannerPool;
  readonly timeline: Timeline;
  /** The earliest start that this plan has put here; Infinity before the first. */
  firstPlannedAt: EpochSeconds;
}

/** One window of one lane with what is free of it. */
export interface WindowSupply {
  readonly window: PlannerWindow;
  readonly lane: PlannerLane;
  readonly poolSupply: PoolSupply;
  readonly timeline: Timeline;
  /** The latest end of a segment: the window's end less the lane's margin. */
  readonly closesAt: EpochSeconds;
  /** Upper bound of the nodes free at any instant. Within a plan free nodes only fall, so it only falls. */
  freeMax: number;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What can be had, in an order that does not depend on the order of the snapshot's lists. */
export class Supply {
  /** Ascending start, then lane, then window. */
  readonly windows: readonly WindowSupply[];
  readonly pools: readonly PoolSupply[];
  private readonly windowsById = new Map<WindowId, WindowSupply>();
  private readonly poolsById = new Map<PoolId, PoolSupply>();

  constructor(snapshot: PlannerSnapshot) {
    this.pools = [...snapshot.pools]
      .sort((a, b) => compareText(a.id, b.id))
      .map((pool) => ({ pool, timeline: new Timeline(pool.nodes), firstPlannedAt: Infinity }));
    for (const one of this.pools) this.poolsById.set(one.pool.id, one);
    this.windows = snapshot.lanes
      .flatMap((lane) => this.windowsOf(lane, snapshot.now))
      .sort(
        (a, b) =>
          a.window.startsAt - b.window.startsAt ||
          compareText(a.lane.id, b.lane.id) ||
          compareText(a.window.id, b.window.id),
      );
    for (const one of this.windows) this.windowsById.set(one.window.id, one);
    for (const one of snapshot.commitments) this.take(one.windowId, one.poolId, one, one.nodes);
  }

  /** Takes a planned segment out of what is free. */
  occupy(segment: PlannedSegment): void {
    this.take(segment.windowId, segment.poolId, segment, segment.nodes);
    const pool = this.poolsById.get(segment.poolId);
    if (pool !== undefined) pool.firstPlannedAt = Math.min(pool.firstPlannedAt, segment.startsAt);
  }

  /** When the segment's window opens. */
  opensAt(segment: PlannedSegment): EpochSeconds | null {
    return this.windowsById.get(segment.windowId)?.window.startsAt ?? null;
  }

  private windowsOf(lane: PlannerLane, now: EpochSeconds): WindowSupply[] {
    const poolSupply = this.poolsById.get(lane.poolId);
    if (poolSupply === undefined) return [];
    return lane.windows
      .filter((window) => window.endsAt > now)
      .map((window) => ({
        window,
        lane,
        poolSupply,
        timeline: new Timeline(window.nodes),
        closesAt: window.endsAt - Math.ceil(lane.marginSeconds),
        freeMax: Math.min(window.nodes, poolSupply.pool.nodes),
      }));
  }

  private take(windowId: WindowId, poolId: PoolId, interval: Interval, nodes: number): void {
    this.poolsById.get(poolId)?.timeline.take(interval, nodes);
    const supply = this.windowsById.get(windowId);
    if (supply === undefined) return;
    supply.timeline.take(interval, nodes);
    supply.freeMax = Math.min(supply.freeMax, freeMaxOver(supply));
  }
}

function freeMaxOver({ timeline, window }: WindowSupply): number {
  let most = -Infinity;
  for (let i = timeline.stepAt(window.startsAt); i < timeline.times.length; i++) {
    if (timeline.times[i]! >= window.endsAt) break;
    most = Math.max(most, timeline.free[i]!);
  }
  return most;
}

/** Where in `span` the window has room for a gang of `nodes`: maximal stretches, in order. */
export function stretchesFor(supply: WindowSupply, span: Interval, nodes: number): Interval[] {
  if (supply.freeMax < nodes) return [];
  const inside = {
    startsAt: Math.max(span.startsAt, supply.window.startsAt),
    endsAt: Math.min(span.endsAt, supply.closesAt),
  };
  if (inside.startsAt >= inside.endsAt) return [];
  return stretchesWithFree(supply.timeline, supply.poolSupply.timeline, inside, nodes);
}
