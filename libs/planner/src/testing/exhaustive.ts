import type { CenterId, PoolId } from '#libs/kernel';
import type { PlannerJob, PlannerSnapshot } from '../types.js';

/** One way to finish: when, and at what price in whole price units (price a device-second × devices × seconds). */
export interface Way {
  readonly finishesAt: number;
  readonly cost: number;
}

export interface ExhaustiveInput {
  readonly snapshot: PlannerSnapshot;
  readonly job: PlannerJob;
  readonly horizonAt: number;
  readonly price: (laneId: string) => number;
  readonly transfer: (from: CenterId, to: CenterId) => number;
}

/**
 * Every way to run one job, by trying each whole second as start and as end of each segment in each window: all pairs of
 * finish and cost that no other beats in both. It shares nothing with the planner but the words of its input. Tiny instances only.
 */
export function waysToRun(input: ExhaustiveInput): Way[] {
  const { snapshot, job } = input;
  const free = freeTable(input);
  const useful = job.remainingSeconds;
  const cut = job.checkpoint;
  const known = new Map<string, Way[]>();
  const startLimit =
    job.maxWaitSeconds === null || job.lastCenterId !== null ? Infinity : job.submittedAt + job.maxWaitSeconds;
  const endLimit = Math.min(input.horizonAt, job.deadline ?? Infinity);

  const continueFrom = (readyAt: number, at: CenterId | null, left: number, isFirst: boolean): Way[] => {
    const key = `${readyAt} ${at} ${left} ${isFirst}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const ways: Way[] = [];
    const restart = cut !== null && at !== null ? cut.restartSeconds : 0;
    for (const slot of free) {
      const from =
        readyAt + (cut !== null && at !== null && at !== slot.centerId ? input.transfer(at, slot.centerId) : 0);
      const shortest = Math.max(cut?.minSegmentSeconds ?? 0, slot.minSegment);
      for (let start = Math.max(from, slot.from); start < slot.to; start++) {
        if (isFirst && start > startLimit) break;
        for (let end = start + 1; end <= Math.min(slot.to, endLimit); end++) {
          if ((slot.nodes[end - 1 - slot.from] ?? 0) < job.nodes) break;
          const cost = slot.price * job.nodes * slot.devicesPerNode * (end - start);
          if (end - start === restart + left) ways.push({ finishesAt: end, cost });
          const done = end - start - restart - (cut?.writeSeconds ?? 0);
          if (cut === null || done < 1 || done >= left || end - start < shortest) continue;
          for (const rest of continueFrom(end, slot.centerId, left - done, false))
            ways.push({ finishesAt: rest.finishesAt, cost: rest.cost + cost });
        }
      }
    }
    const best = unbeaten(ways);
    known.set(key, best);
    return best;
  };
  return continueFrom(Math.max(snapshot.now, job.readyAt), cut === null ? null : job.lastCenterId, useful, true);
}

function unbeaten(ways: readonly Way[]): Way[] {
  const kept: Way[] = [];
  for (const way of [...ways].sort((a, b) => a.finishesAt - b.finishesAt || a.cost - b.cost))
    if (kept.every((one) => one.cost > way.cost)) kept.push(way);
  return kept;
}

/** For each window that may serve the job, second by second, what is free of it and of its pool. */
function freeTable({ snapshot, job, price }: ExhaustiveInput) {
  const used = (at: number, matches: (one: { windowId: string; poolId: PoolId }) => boolean): number =>
    snapshot.commitments
      .filter((one) => matches(one) && one.startsAt <= at && at < one.endsAt)
      .reduce((sum, one) => sum + one.nodes, 0);
  return snapshot.lanes.flatMap((lane) => {
    const pool = snapshot.pools.find((one) => one.id === lane.poolId);
    if (pool === undefined || !pool.runnable || pool.devicesPerNode < job.devicesPerNode) return [];
    return lane.windows.map((window) => {
      const from = window.startsAt;
      const to = window.endsAt - lane.marginSeconds;
      const nodes = Array.from({ length: Math.max(0, to - from) }, (_, index) =>
        Math.min(
          window.nodes - used(from + index, (one) => one.windowId === window.id),
          pool.nodes - used(from + index, (one) => one.poolId === pool.id),
        ),
      );
      return {
        from,
        to,
        nodes,
        price: price(lane.id),
        centerId: pool.centerId,
        devicesPerNode: pool.devicesPerNode,
        minSegment: lane.minSegmentSeconds,
      };
    });
  });
}
