import { describe, expect, it } from 'vitest';
import { testId, buildJob, buildLane, buildOptions, buildPool, buildSnapshot, buildWindow } from './testing/index.js';
import { planJobs } from './plan-jobs.js';
import type { PlannerJob, PlannerOptions, PlannerSnapshot } from './types.js';

const HOUR = 3600;
const checkpoint = { writeSeconds: 600, restartSeconds: 600, minSegmentSeconds: HOUR };

/** What a plain scheduler does: always the soonest start, always to the end of the window. One job, nothing else running. */
function firstFit(snapshot: PlannerSnapshot, job: PlannerJob, options: PlannerOptions) {
  const windows = snapshot.lanes.flatMap((lane) => lane.windows.map((window) => ({ lane, window })));
  const centerOf = (poolId: string) => snapshot.pools.find((pool) => pool.id === poolId)!;
  let at: PlannerJob['lastCenterId'] = null;
  let readyAt = 0;
  let left = job.remainingSeconds;
  let cost = 0;
  const used = new Set<string>();
  for (;;) {
    const starts = windows
      .filter(({ window }) => !used.has(window.id))
      .map(({ lane, window }) => {
        const pool = centerOf(lane.poolId);
        const transfer = at === null || at === pool.centerId ? 0 : options.transferSeconds(job, at, pool.centerId);
        return { lane, window, pool, startsAt: Math.max(window.startsAt, readyAt + transfer) };
      })
      .filter(({ window, startsAt }) => startsAt + HOUR <= window.endsAt)
      .sort((a, b) => a.startsAt - b.startsAt);
    const [next] = starts;
    if (next === undefined) return null;
    const restart = at === null ? 0 : checkpoint.restartSeconds;
    const endsAt = Math.min(next.window.endsAt, next.startsAt + restart + left);
    const devices = job.nodes * next.pool.devicesPerNode;
    cost += options.segmentCost(next.lane.id, devices, { startsAt: next.startsAt, endsAt }).toNumber();
    if (endsAt === next.startsAt + restart + left) return { finishesAt: endsAt, cost };
    left -= endsAt - next.startsAt - restart - checkpoint.writeSeconds;
    readyAt = endsAt;
    at = next.pool.centerId;
    used.add(next.window.id);
  }
}

describe('where greedy first-fit loses', () => {
  it('waits an hour for a window that holds the whole job instead of starting in one that it must leave', () => {
    const [near, far] = [buildPool(1), buildPool(2)];
    const lanes = [
      buildLane(1, near, [buildWindow(1, { startsAt: 0, endsAt: 2 * HOUR })]),
      buildLane(2, far, [buildWindow(2, { startsAt: HOUR, endsAt: 12 * HOUR })]),
    ];
    const job = buildJob(1, { remainingSeconds: 5 * HOUR, checkpoint });
    const snapshot = buildSnapshot({ pools: [near, far], lanes, jobs: [job] });
    const options = buildOptions(new Map(), { transferSeconds: () => 3 * HOUR });

    const greedy = firstFit(snapshot, job, options);
    const [forecast] = planJobs(snapshot, options).forecasts;

    // Greedy: two hours, less a write; three to copy; a restart; then the rest.
    expect(greedy?.finishesAt).toBe(5 * HOUR + 600 + 3 * HOUR + 600);
    expect(forecast).toMatchObject({ startsAt: HOUR, finishesAt: 6 * HOUR });
    expect(forecast?.segments).toHaveLength(1);
  });

  it('takes of the dear window only what two cheap nights cannot do before the deadline', () => {
    const [cheap, dear] = [buildPool(1), buildPool(2, { centerId: testId(1, 2) })];
    const nights = [
      buildWindow(1, { startsAt: 0, endsAt: 8 * HOUR }),
      buildWindow(2, { startsAt: 24 * HOUR, endsAt: 32 * HOUR }),
    ];
    const lanes = [
      buildLane(1, cheap, nights),
      buildLane(2, dear, [buildWindow(3, { startsAt: 8 * HOUR, endsAt: 24 * HOUR })]),
    ];
    const job = buildJob(1, { remainingSeconds: 18 * HOUR, checkpoint, objective: 'cost', deadline: 32 * HOUR });
    const snapshot = buildSnapshot({ pools: [cheap, dear], lanes, jobs: [job] });
    const options = buildOptions(
      new Map([
        [testId(1, 3), 1],
        [testId(2, 3), 4],
      ]),
    );

    const greedy = firstFit(snapshot, job, options);
    const [forecast] = planJobs(snapshot, options).forecasts;

    // 18 h and the overheads of two cuts: 8 h in each night, the balance by day.
    const byDay = 18 * HOUR + 2 * 1200 - 16 * HOUR;
    expect(forecast?.segments.map((one) => one.endsAt - one.startsAt)).toEqual([8 * HOUR, byDay, 8 * HOUR]);
    expect(forecast?.cost.toNumber()).toBeCloseTo(8 * (16 + (4 * byDay) / HOUR), 6);
    expect(greedy?.finishesAt).toBeLessThan(forecast?.finishesAt ?? 0);
    expect(greedy?.cost).toBeGreaterThan(1.8 * (forecast?.cost.toNumber() ?? Infinity));
  });
});
