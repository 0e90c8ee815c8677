import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dec, type OfferId } from '#libs/kernel';
import { planJobs } from './plan-jobs.js';
import type { Forecast, PlannerJob, PlannerObjective, PlannerSnapshot } from './types.js';
import {
  buildCommitment,
  buildJob,
  buildLane,
  buildOptions,
  buildPool,
  buildSnapshot,
  buildWindow,
} from './testing/index.js';
import { waysToRun, type Way } from './testing/exhaustive.js';

const HORIZON_SECONDS = 26;
const RUNS = 1500;

const upTo = (max: number, min = 0) => fc.integer({ min, max });
const rawWindow = fc.record({
  pool: upTo(1),
  from: upTo(18),
  length: upTo(10, 1),
  nodes: upTo(3, 1),
  price: upTo(4),
  minSegment: upTo(4),
  margin: upTo(1),
  taken: upTo(2),
  takenFrom: upTo(8),
  takenLength: upTo(4),
});
const rawJob = fc.record({
  nodes: upTo(2, 1),
  remainingSeconds: upTo(12, 1),
  checkpoint: fc.option(fc.record({ writeSeconds: upTo(1), restartSeconds: upTo(2), minSegmentSeconds: upTo(4) }), {
    freq: 8,
  }),
  resumesAt: fc.option(upTo(1)),
  readyAt: upTo(4),
  deadline: fc.option(upTo(24, 6)),
  maxWaitSeconds: fc.option(upTo(12)),
  maxCost: fc.option(upTo(80)),
});
const rawInstance = fc.record({
  windows: fc.array(rawWindow, { minLength: 1, maxLength: 5 }),
  poolNodes: fc.tuple(upTo(3, 1), upTo(3, 1)),
  transferSeconds: upTo(3),
  job: rawJob,
});
type RawInstance = typeof rawInstance extends fc.Arbitrary<infer T> ? T : never;

interface Instance {
  readonly snapshot: PlannerSnapshot;
  readonly job: PlannerJob;
  readonly prices: Map<OfferId, number>;
  readonly transferSeconds: number;
}

/** Up to five windows of two centers on a line of 26 seconds, partly taken, and one job. One device a node; prices a device-second. */
function toInstance(raw: RawInstance, objective: PlannerObjective): Instance {
  const pools = raw.poolNodes.map((nodes, index) => buildPool(index + 1, { nodes, devicesPerNode: 1 }));
  const poolOf = (index: number) => pools[index] ?? buildPool(9);
  const windows = raw.windows.map((one, index) =>
    buildWindow(index + 1, { startsAt: one.from, endsAt: one.from + one.length }, one.nodes),
  );
  const lanes = raw.windows.map((one, index) =>
    buildLane(index + 1, poolOf(one.pool), windows.slice(index, index + 1), {
      minSegmentSeconds: one.minSegment,
      marginSeconds: one.margin,
    }),
  );
  const commitments = raw.windows.flatMap((one, index) => {
    const window = windows[index];
    const startsAt = one.from + one.takenFrom;
    if (window === undefined || one.taken === 0 || one.takenLength === 0) return [];
    return [buildCommitment(window, poolOf(one.pool), { startsAt, endsAt: startsAt + one.takenLength }, one.taken)];
  });
  const { resumesAt, maxCost, ...plain } = raw.job;
  const job = buildJob(1, {
    ...plain,
    devicesPerNode: 1,
    objective,
    lastCenterId: resumesAt === null ? null : poolOf(resumesAt).centerId,
    maxCost: maxCost === null ? null : dec(maxCost),
  });
  return {
    snapshot: buildSnapshot({ pools, lanes, commitments, jobs: [job] }),
    job,
    prices: new Map(lanes.map((lane, index) => [lane.id, raw.windows[index]?.price ?? 0])),
    transferSeconds: raw.transferSeconds,
  };
}

function planOne({ snapshot, prices, transferSeconds }: Instance): Forecast | null {
  const byHour = new Map([...prices].map(([lane, price]) => [lane, price * 3600]));
  const options = buildOptions(byHour, { horizonSeconds: HORIZON_SECONDS, transferSeconds: () => transferSeconds });
  const [forecast] = planJobs(snapshot, options).forecasts;
  return forecast?.finishesAt == null ? null : forecast;
}

function bestWay({ snapshot, job, prices, transferSeconds }: Instance): Way | null {
  const ways = waysToRun({
    snapshot,
    job,
    horizonAt: HORIZON_SECONDS,
    price: (lane) => prices.get(lane as OfferId) ?? 0,
    transfer: () => transferSeconds,
  }).filter((way) => job.maxCost === null || job.maxCost.greaterThanOrEqualTo(way.cost));
  // Unbeaten pairs by ascending finish have descending cost.
  return (job.objective === 'time' ? ways[0] : ways.at(-1)) ?? null;
}

function toWay(forecast: Forecast | null): Way | null {
  if (forecast?.finishesAt == null) return null;
  return { finishesAt: forecast.finishesAt, cost: forecast.cost.toNumber() };
}

describe('one job against an exhaustive search of all starts and ends', () => {
  it.each(['time', 'cost'] as const)('finds the same finish and the same cost for objective %s', (objective) => {
    fc.assert(
      fc.property(rawInstance, (raw) => {
        const instance = toInstance(raw, objective);
        expect(toWay(planOne(instance))).toEqual(bestWay(instance));
      }),
      { numRuns: RUNS },
    );
  });
});
