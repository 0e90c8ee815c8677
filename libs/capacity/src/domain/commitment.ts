import {
  type CapacityStep,
  type EpochSeconds,
  freeSteps,
  type Interval,
  minFreeNodes,
  type Occupancy,
  type PoolId,
  type SegmentId,
  type WindowId,
} from '#libs/kernel';

/** Nodes reserved and not given back. */
export interface Commitment extends Occupancy {
  readonly windowId: WindowId;
  readonly poolId: PoolId;
}

/** As the planner's hands see it: whose nodes they are. */
export interface SegmentCommitment extends Commitment {
  readonly segmentId: SegmentId;
}

/** How long a segment past its end is taken to be just late in being seen to end. */
export const OVERRUN_SECONDS = 600;

/** Far enough to outlast every window, near enough to be a date. */
const UNTIL_PROOF: EpochSeconds = 32_503_680_000;

/**
 * A segment past its end whose reservation was not given back still occupies its nodes: nobody has proved it ended.
 * For ten minutes it counts as late, after that as there until proof comes.
 */
export function untilProof<T extends Commitment>(commitment: T, now: EpochSeconds): T {
  if (commitment.endsAt > now) return commitment;
  const isLate = now < commitment.endsAt + OVERRUN_SECONDS;
  return { ...commitment, endsAt: isLate ? commitment.endsAt + OVERRUN_SECONDS : UNTIL_PROOF };
}

interface Bounds {
  readonly windowId: WindowId;
  readonly windowNodes: number;
  readonly poolNodes: number;
}

/** The fewest nodes free at any instant of `span`, in the window and in its pool. `taken` is all of the pool's. */
export function freeNodesLeast(span: Interval, bounds: Bounds, taken: readonly Commitment[]): number {
  const inWindow = taken.filter((one) => one.windowId === bounds.windowId);
  return Math.min(minFreeNodes(span, bounds.windowNodes, inWindow), minFreeNodes(span, bounds.poolNodes, taken));
}

/**
 * Free nodes over time: at each instant the lesser of what the window and what its pool has left, since windows of
 * several offers may share a pool's nodes. Never below zero; neighbouring steps differ.
 */
export function freeStepsWithin(span: Interval, bounds: Bounds, taken: readonly Commitment[]): CapacityStep[] {
  const inWindow = freeSteps(
    span,
    bounds.windowNodes,
    taken.filter((one) => one.windowId === bounds.windowId),
  );
  const steps: CapacityStep[] = [];
  for (const step of inWindow)
    for (const pool of freeSteps(step, bounds.poolNodes, taken))
      append(steps, { ...pool, nodes: Math.max(0, Math.min(step.nodes, pool.nodes)) });
  return steps;
}

function append(steps: CapacityStep[], next: CapacityStep): void {
  const last = steps.at(-1);
  if (last?.nodes === next.nodes) steps[steps.length - 1] = { ...last, endsAt: next.endsAt };
  else steps.push(next);
}
