import { describe, expect, it } from 'vitest';
import { dec, type OfferId } from '#libs/kernel';
import { feasiblePlacements } from './feasible-placements.js';
import { buildJob, buildLane, buildOptions, buildPool, buildSnapshot, buildWindow, testId } from './testing/index.js';
import { hashText } from './plan-hash.js';
import { planJobs } from './plan-jobs.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Two pools with a lane each; the second opens later and is dearer or cheaper as `prices` say. */
function twoLanes(prices: [number, number], opens: [number, number] = [0, 6 * HOUR]) {
  const pools = [buildPool(1), buildPool(2)];
  const lanes = pools.map((pool, index) => {
    const startsAt = opens[index] ?? 0;
    return buildLane(index + 1, pool, [buildWindow(index + 1, { startsAt, endsAt: startsAt + 5 * HOUR })]);
  });
  const byLane = new Map<OfferId, number>(lanes.map((lane, index) => [lane.id, prices[index] ?? 0]));
  return { pools, lanes, options: buildOptions(byLane) };
}

describe('choosing by objective', () => {
  it('finishes soonest for time and cheapest for cost', () => {
    const { options, ...supply } = twoLanes([3, 2]);
    const jobs = [buildJob(1, { objective: 'time' }), buildJob(2, { objective: 'cost' })];
    const plan = planJobs(buildSnapshot({ ...supply, jobs }), options);
    expect(plan.forecasts.map((one) => one.startsAt)).toEqual([0, 6 * HOUR]);
  });

  it('takes the sooner of two equal prices, and of two equal everything the lane with the lesser id', () => {
    const { options, ...supply } = twoLanes([2, 2], [6 * HOUR, 0]);
    const sooner = planJobs(buildSnapshot({ ...supply, jobs: [buildJob(1, { objective: 'cost' })] }), options);
    expect(sooner.forecasts[0]?.segments[0]?.laneId).toBe(testId(2, 3));
    const equal = twoLanes([2, 2], [0, 0]);
    for (const objective of ['cost', 'time'] as const) {
      const { options: same, ...both } = equal;
      const plan = planJobs(
        buildSnapshot({ ...both, lanes: both.lanes.toReversed(), jobs: [buildJob(1, { objective })] }),
        same,
      );
      expect(plan.forecasts[0]?.segments[0]?.laneId).toBe(testId(1, 3));
    }
  });

  it('does not wait by choice past the default longest wait, and takes the soonest finish after it', () => {
    const { options, ...supply } = twoLanes([3, 2], [DAY, 4 * DAY]);
    const fresh = buildJob(1, { objective: 'cost', submittedAt: 0 });
    const [within] = planJobs(buildSnapshot({ ...supply, jobs: [fresh] }), options).forecasts;
    expect(within?.startsAt).toBe(DAY);
    const old = buildJob(1, { objective: 'cost', submittedAt: -4 * DAY });
    const [past] = planJobs(buildSnapshot({ ...supply, jobs: [old] }), options).forecasts;
    expect(past?.startsAt).toBe(DAY);
    const patient = buildJob(1, { objective: 'cost', maxWaitSeconds: 5 * DAY });
    const [asked] = planJobs(buildSnapshot({ ...supply, jobs: [patient] }), options).forecasts;
    expect(asked?.startsAt).toBe(4 * DAY);
  });

  it("spends no more than the money bound even where a window's price changes within it", () => {
    const { options, ...supply } = twoLanes([1, 1], [0, 0]);
    // The first half hour costs three times the rest: the average rate of the window is not what a short job pays.
    const segmentCost: typeof options.segmentCost = (lane, devices, interval) => {
      const early = Math.max(0, Math.min(interval.endsAt, 1800) - interval.startsAt);
      return options.segmentCost(lane, devices, interval).plus(dec(2).times(devices).times(early).div(HOUR));
    };
    const jobs = [buildJob(1, { maxCost: dec(15) })];
    const plan = planJobs(buildSnapshot({ ...supply, jobs }), { ...options, segmentCost, segmentHold: segmentCost });
    expect(plan.forecasts).toEqual([]);
    expect(plan.refusals[0]?.reasons[0]?.code).toBe('MaxCost');
  });
});

describe('a chain that money forbids', () => {
  it('is refused, not begun as far as the money reaches', () => {
    const { options, ...supply } = twoLanes([1, 3], [0, 6 * HOUR]);
    const checkpoint = { writeSeconds: 60, restartSeconds: 60, minSegmentSeconds: HOUR };
    const job = buildJob(1, { remainingSeconds: 8 * HOUR, checkpoint, maxCost: dec(100) });
    const plan = planJobs(buildSnapshot({ ...supply, jobs: [job] }), options);
    expect(plan.forecasts).toEqual([]);
    expect(plan.refusals[0]?.reasons.map((one) => one.code)).toEqual(['MaxCost']);
    const longer = { ...job, remainingSeconds: 12 * HOUR };
    const [begun] = planJobs(buildSnapshot({ ...supply, jobs: [longer] }), options).forecasts;
    expect(begun).toMatchObject({ finishesAt: null, segments: [{ startsAt: 0, endsAt: 5 * HOUR }] });
  });
});

describe('reserving', () => {
  const pool = buildPool(1);
  const opening = (startsAt: number) => [
    buildLane(1, pool, [buildWindow(1, { startsAt, endsAt: startsAt + 5 * HOUR })]),
  ];
  const reservedAt = (startsAt: number, readyAt = 0) => {
    const jobs = [buildJob(1, { readyAt })];
    return planJobs(buildSnapshot({ pools: [pool], lanes: opening(startsAt), jobs }), buildOptions()).reservations
      .length;
  };

  it('commits what starts within the commit horizon, and what waits for its window within the lead', () => {
    expect(reservedAt(-HOUR, 900)).toBe(1);
    expect(reservedAt(-HOUR, 901)).toBe(0);
    expect(reservedAt(1800)).toBe(1);
    expect(reservedAt(1801)).toBe(0);
  });

  it('reserves only the first segment of a chain, with its hold', () => {
    const checkpoint = { writeSeconds: 60, restartSeconds: 60, minSegmentSeconds: 600 };
    const windows = [
      buildWindow(1, { startsAt: 0, endsAt: HOUR }),
      buildWindow(2, { startsAt: HOUR + 60, endsAt: 9 * HOUR }),
    ];
    const jobs = [buildJob(1, { remainingSeconds: 2 * HOUR, checkpoint })];
    const plan = planJobs(buildSnapshot({ pools: [pool], lanes: [buildLane(1, pool, windows)], jobs }), buildOptions());
    expect(plan.forecasts[0]?.segments).toHaveLength(2);
    expect(plan.reservations).toHaveLength(1);
    expect(plan.reservations[0]?.segment).toEqual(plan.forecasts[0]?.segments[0]);
    expect(plan.reservations[0]?.hold.toNumber()).toBe(8);
  });
});

describe('a resumed job', () => {
  it('brings its checkpoint along where the center changes, and pays a restart everywhere', () => {
    const { options, ...supply } = twoLanes([1, 1], [0, 0]);
    const checkpoint = { writeSeconds: 60, restartSeconds: 120, minSegmentSeconds: 600 };
    const jobs = [
      buildJob(1, { nodes: 4, checkpoint, lastCenterId: testId(2, 2) }),
      buildJob(2, { nodes: 4, checkpoint, lastCenterId: testId(2, 2) }),
    ];
    const plan = planJobs(buildSnapshot({ ...supply, jobs }), { ...options, transferSeconds: () => 900 });
    expect(plan.forecasts.map((one) => [one.segments[0]?.poolId, one.startsAt, one.finishesAt])).toEqual([
      [testId(2, 1), 0, HOUR + 120],
      [testId(1, 1), 900, 900 + HOUR + 120],
    ]);
  });
});

describe('quoting', () => {
  it('answers each feasible pool by itself, best first, pools without a connector too', () => {
    const { options, pools, lanes } = twoLanes([3, 2]);
    const supply = { pools: pools.map((pool, index) => ({ ...pool, runnable: index === 0 })), lanes };
    const { placements, reasons } = feasiblePlacements(
      buildSnapshot(supply),
      buildJob(1, { objective: 'cost' }),
      options,
    );
    expect(
      placements.map((one) => [one.centerCode, one.runnable, one.forecast.startsAt, one.forecast.cost.toNumber()]),
    ).toEqual([
      ['center-2', false, 6 * HOUR, 16],
      ['center-1', true, 0, 24],
    ]);
    expect(reasons).toEqual([]);
  });

  it('places the jobs that wait before it, and says why where nothing is feasible', () => {
    const { options, ...supply } = twoLanes([3, 2]);
    const waiting = [buildJob(1, { nodes: 4, remainingSeconds: 5 * HOUR })];
    const behind = feasiblePlacements(buildSnapshot({ ...supply, jobs: waiting }), buildJob(2), options);
    expect(behind.placements.map((one) => one.poolId)).toEqual([testId(2, 1)]);
    const none = feasiblePlacements(buildSnapshot(supply), buildJob(2, { deviceKinds: ['h20'] }), options);
    expect(none.placements).toEqual([]);
    expect(none.reasons[0]?.code).toBe('NoSuchDevice');
  });
});

describe("the plan's hash", () => {
  it('is FNV-1a of 64 bits', () => {
    expect([hashText(''), hashText('a'), hashText('foobar')]).toEqual([
      'cbf29ce484222325',
      'af63dc4c8601ec8c',
      '85944171f73967e8',
    ]);
  });

  it('differs where a plan differs', () => {
    const { options, ...supply } = twoLanes([3, 2]);
    const hashOf = (seconds: number) =>
      planJobs(buildSnapshot({ ...supply, jobs: [buildJob(1, { remainingSeconds: seconds })] }), options).hash;
    expect(hashOf(HOUR)).toBe(hashOf(HOUR));
    expect(hashOf(HOUR)).not.toBe(hashOf(HOUR + 1));
  });
});

describe('a large plan', () => {
  it('places 2,000 jobs on 70 pools over 30 days, a tenth of them chains', { timeout: 60_000 }, () => {
    const pools = Array.from({ length: 70 }, (_, index) =>
      buildPool(index + 1, { nodes: 16, centerId: testId((index % 14) + 1, 2) }),
    );
    const lanes = pools.map((pool, index) => {
      const nights = Array.from({ length: 30 }, (_, day) => {
        const startsAt = day * DAY + (index % 5) * HOUR;
        return buildWindow(index * 30 + day + 1, { startsAt, endsAt: startsAt + 10 * HOUR }, 8 + (index % 9));
      });
      return buildLane(index + 1, pool, nights, { minSegmentSeconds: HOUR, marginSeconds: 120 });
    });
    const checkpoint = { writeSeconds: 60, restartSeconds: 120, minSegmentSeconds: HOUR };
    const jobs = Array.from({ length: 2000 }, (_, index) =>
      buildJob(index + 1, {
        nodes: 1 + (index % 6),
        remainingSeconds: (1 + (index % 9)) * HOUR,
        objective: index % 3 === 0 ? 'cost' : 'time',
        checkpoint: index % 10 === 0 ? checkpoint : null,
      }),
    );
    const prices = new Map(lanes.map((lane, index) => [lane.id, 2 + (index % 20) / 10]));
    const plan = planJobs(buildSnapshot({ pools, lanes, jobs }), buildOptions(prices, { transferSeconds: () => 900 }));
    expect(plan.forecasts).toHaveLength(2000);
  });
});
