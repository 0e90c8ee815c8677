import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dec, minFreeNodes, sumDecimals, type TenantId } from '#libs/kernel';
import { planJobs } from './plan-jobs.js';
import type { Forecast, Plan, PlannedSegment, PlannerJob, PlannerOptions, PlannerSnapshot } from './types.js';
import {
  buildCommitment,
  buildJob,
  buildLane,
  buildOptions,
  buildPool,
  buildSnapshot,
  buildWindow,
  testId,
} from './testing/index.js';

const NOW = 100;
const RUNS = { numRuns: 250 };

const upTo = (max: number, min = 0) => fc.integer({ min, max });
const rawPool = fc.record({
  nodes: upTo(6, 1),
  devicesPerNode: fc.constantFrom(4, 8),
  deviceKind: fc.constantFrom('a100-80g', 'h20'),
  center: upTo(2, 1),
  runnable: fc.constantFrom(true, true, true, false),
});
const rawWindow = fc.record({ gap: upTo(12), length: upTo(40, 1), nodes: upTo(6, 1) });
const rawLane = fc.record({
  pool: upTo(2),
  firstAt: upTo(30),
  windows: fc.array(rawWindow, { minLength: 1, maxLength: 4 }),
  minSegmentSeconds: upTo(6),
  marginSeconds: upTo(3),
  tenants: fc.constantFrom([], [1], [1, 2]),
  price: upTo(5),
});
const rawCommitment = fc.record({
  lane: upTo(3),
  window: upTo(3),
  from: upTo(30),
  length: upTo(20, 1),
  nodes: upTo(4, 1),
});
const rawJob = fc.record({
  tenant: upTo(3, 1),
  nodes: upTo(4, 1),
  devicesPerNode: fc.constantFrom(1, 8),
  deviceKinds: fc.constantFrom<string[][]>([], ['h20'], ['a100-80g', 'h20']),
  centersDenied: fc.constantFrom<string[][]>([], [], ['center-1']),
  remainingSeconds: upTo(40, 1),
  checkpoint: fc.option(fc.record({ writeSeconds: upTo(2), restartSeconds: upTo(2), minSegmentSeconds: upTo(8) }), {
    freq: 3,
  }),
  resumesAt: fc.option(upTo(2, 1)),
  readyIn: upTo(20),
  canReserve: fc.boolean(),
  deadlineIn: fc.option(upTo(120, 5)),
  maxWaitSeconds: fc.option(upTo(60)),
  maxCost: fc.option(upTo(800)),
  objective: fc.constantFrom('cost' as const, 'time' as const),
});
const rawSnapshot = fc.record({
  pools: fc.array(rawPool, { minLength: 3, maxLength: 3 }),
  lanes: fc.array(rawLane, { minLength: 1, maxLength: 4 }),
  commitments: fc.array(rawCommitment, { maxLength: 5 }),
  jobs: fc.array(rawJob, { minLength: 1, maxLength: 9 }),
  funds: fc.array(fc.option(upTo(3000)), { minLength: 4, maxLength: 4 }),
  transferSeconds: upTo(5),
});
type Raw = typeof rawSnapshot extends fc.Arbitrary<infer T> ? T : never;

interface World {
  readonly snapshot: PlannerSnapshot;
  readonly options: PlannerOptions;
  readonly transferSeconds: number;
}

function toWorld(raw: Raw): World {
  const pools = raw.pools.map((pool, index) =>
    buildPool(index + 1, { ...pool, centerId: testId(pool.center, 2), centerCode: `center-${pool.center}` }),
  );
  let number = 0;
  const lanes = raw.lanes.map((lane, index) => {
    let at = NOW - 10 + lane.firstAt;
    const windows = lane.windows.map((one) => {
      const startsAt = at + one.gap;
      at = startsAt + one.length;
      return buildWindow(++number, { startsAt, endsAt: at }, one.nodes);
    });
    return buildLane(index + 1, pools[lane.pool]!, windows, {
      minSegmentSeconds: lane.minSegmentSeconds,
      marginSeconds: lane.marginSeconds,
      tenantsAllowed: lane.tenants.map((tenant) => testId<TenantId>(tenant, 6)),
    });
  });
  const prices = new Map(lanes.map((lane, index) => [lane.id, (raw.lanes[index]?.price ?? 0) * 360]));
  const snapshot = buildSnapshot({
    now: NOW,
    pools,
    lanes,
    jobs: raw.jobs.map((job, index) => toJob(job, index, raw.funds)),
  });
  const options = buildOptions(prices, {
    horizonSeconds: 150,
    commitHorizonSeconds: 10,
    windowOpenLeadSeconds: 20,
    defaultMaxWaitSeconds: 40,
    transferSeconds: () => raw.transferSeconds,
  });
  return { snapshot: withCommitments(snapshot, raw), options, transferSeconds: raw.transferSeconds };
}

function toJob(raw: Raw['jobs'][number], index: number, funds: Raw['funds']): PlannerJob {
  const { tenant, resumesAt, readyIn, deadlineIn, maxCost, ...plain } = raw;
  const free = funds[tenant] ?? null;
  return buildJob(index + 1, {
    ...plain,
    tenantId: testId(tenant, 6),
    lastCenterId: resumesAt === null ? null : testId(resumesAt, 2),
    submittedAt: NOW - 5,
    readyAt: NOW - 5 + readyIn,
    deadline: deadlineIn === null ? null : NOW + deadlineIn,
    maxCost: maxCost === null ? null : dec(maxCost),
    available: free === null ? null : dec(free),
  });
}

/** Only such commitments as window and pool have room for: what stands before a plan is never too much. */
function withCommitments(snapshot: PlannerSnapshot, raw: Raw): PlannerSnapshot {
  let commitments: PlannerSnapshot['commitments'] = [];
  for (const one of raw.commitments) {
    const lane = snapshot.lanes[one.lane];
    const window = lane?.windows[one.window];
    const pool = snapshot.pools.find((candidate) => candidate.id === lane?.poolId);
    if (window === undefined || pool === undefined) continue;
    const startsAt = Math.min(window.startsAt + one.from, window.endsAt - 1);
    const span = { startsAt, endsAt: Math.min(startsAt + one.length, window.endsAt) };
    const inWindow = commitments.filter((other) => other.windowId === window.id);
    const inPool = commitments.filter((other) => other.poolId === pool.id);
    const free = Math.min(minFreeNodes(span, window.nodes, inWindow), minFreeNodes(span, pool.nodes, inPool));
    if (free >= one.nodes) commitments = [...commitments, buildCommitment(window, pool, span, one.nodes)];
  }
  return { ...snapshot, commitments };
}

function property(check: (world: World, plan: Plan) => void): void {
  fc.assert(
    fc.property(rawSnapshot, (raw) => {
      const world = toWorld(raw);
      check(world, planJobs(world.snapshot, world.options));
    }),
    RUNS,
  );
}

const segmentsOf = (plan: Plan): PlannedSegment[] => plan.forecasts.flatMap((one) => [...one.segments]);

function jobOf(world: World, forecast: { jobId: string }): PlannerJob {
  return world.snapshot.jobs.find((job) => job.id === forecast.jobId)!;
}

function placeOf(world: World, segment: PlannedSegment) {
  const lane = world.snapshot.lanes.find((one) => one.id === segment.laneId)!;
  const window = lane.windows.find((one) => one.id === segment.windowId)!;
  const pool = world.snapshot.pools.find((one) => one.id === lane.poolId)!;
  return { lane, window, pool };
}

describe('a plan of many jobs', () => {
  it('never takes more of a window or a pool than it has, at any instant, commitments included', () => {
    property(({ snapshot }, plan) => {
      const taken = [...snapshot.commitments, ...segmentsOf(plan)];
      for (const lane of snapshot.lanes)
        for (const window of lane.windows)
          expect(
            minFreeNodes(
              window,
              window.nodes,
              taken.filter((one) => one.windowId === window.id),
            ),
          ).toBeGreaterThanOrEqual(0);
      for (const pool of snapshot.pools) {
        const span = { startsAt: 0, endsAt: 1000 };
        expect(
          minFreeNodes(
            span,
            pool.nodes,
            taken.filter((one) => one.poolId === pool.id),
          ),
        ).toBeGreaterThanOrEqual(0);
      }
    });
  });

  it('gives each segment all its nodes, whole, in one window that may serve the job, and ends it before the margin', () => {
    property((world, plan) => {
      for (const forecast of plan.forecasts) {
        const job = jobOf(world, forecast);
        for (const segment of forecast.segments) {
          const { lane, window, pool } = placeOf(world, segment);
          expect(segment).toMatchObject({
            nodes: job.nodes,
            devices: job.nodes * pool.devicesPerNode,
            poolId: pool.id,
            centerId: pool.centerId,
          });
          expect(segment.startsAt).toBeGreaterThanOrEqual(window.startsAt);
          expect(segment.endsAt).toBeLessThanOrEqual(window.endsAt - lane.marginSeconds);
          expect(pool.devicesPerNode).toBeGreaterThanOrEqual(job.devicesPerNode);
          expect(job.deviceKinds.length === 0 || job.deviceKinds.includes(pool.deviceKind)).toBe(true);
          expect(job.centersDenied).not.toContain(pool.centerCode);
          expect(pool.runnable).toBe(true);
          expect(lane.tenantsAllowed.length === 0 || lane.tenantsAllowed.includes(job.tenantId)).toBe(true);
        }
      }
    });
  });

  it('counts restart, write and transfer of every cut, and makes no segment too short', () => {
    property((world, plan) => {
      for (const forecast of plan.forecasts) expectSoundChain(world, forecast);
    });
  });

  it("keeps earliest start, deadline, longest wait, highest cost and the tenant's money", () => {
    property((world, plan) => {
      for (const forecast of plan.forecasts) {
        const job = jobOf(world, forecast);
        const endsAt = forecast.segments.at(-1)!.endsAt;
        expect(forecast.startsAt).toBeGreaterThanOrEqual(Math.max(NOW, job.readyAt));
        expect(endsAt).toBeLessThanOrEqual(Math.min(job.deadline ?? Infinity, NOW + world.options.horizonSeconds));
        if (job.maxWaitSeconds !== null && job.lastCenterId === null)
          expect(forecast.startsAt).toBeLessThanOrEqual(job.submittedAt + job.maxWaitSeconds);
        if (job.maxCost !== null) expect(forecast.cost.lessThanOrEqualTo(job.maxCost)).toBe(true);
        expect(forecast.cost.equals(sumDecimals(forecast.segments.map((one) => one.cost)))).toBe(true);
      }
      for (const job of world.snapshot.jobs) {
        const spent = plan.forecasts
          .filter((one) => jobOf(world, one).tenantId === job.tenantId)
          .map((one) => one.cost);
        if (job.available !== null) expect(sumDecimals(spent).lessThanOrEqualTo(job.available)).toBe(true);
      }
    });
  });

  it('places every job or says why not, with figures; and says why a placed one waits', () => {
    property((world, plan) => {
      const answered = [...plan.forecasts, ...plan.refusals].map((one) => one.jobId);
      expect([...answered].sort()).toEqual(world.snapshot.jobs.map((job) => job.id).sort());
      for (const refusal of plan.refusals) expect(refusal.reasons.length).toBeGreaterThan(0);
      for (const { reasons } of [...plan.forecasts, ...plan.refusals])
        for (const reason of reasons) {
          expect(Object.keys(reason.figures).length).toBeGreaterThan(0);
          expect(reason.message).toMatch(/\S{2,} \S{2,}/);
        }
      for (const forecast of plan.forecasts) {
        const isReserved = plan.reservations.some((one) => one.jobId === forecast.jobId);
        if (!isReserved && forecast.startsAt > NOW) expect(forecast.reasons.length).toBeGreaterThan(0);
        if (forecast.finishesAt === null) expect(forecast.reasons.map((one) => one.code)).toContain('BeyondHorizon');
      }
    });
  });

  it('never moves a rank for one behind it', () => {
    property((world, plan) => {
      const { jobs } = world.snapshot;
      const ahead = new Set<string>(jobs.slice(0, Math.ceil(jobs.length / 2)).map((job) => job.id));
      const alone = planJobs({ ...world.snapshot, jobs: jobs.filter((job) => ahead.has(job.id)) }, world.options);
      expect(plan.forecasts.filter((one) => ahead.has(one.jobId))).toEqual(alone.forecasts);
      expect(plan.refusals.filter((one) => ahead.has(one.jobId))).toEqual(alone.refusals);
    });
  });

  it('is the same for the same input, in whatever order pools, lanes, windows and commitments come', () => {
    property(({ snapshot, options }, plan) => {
      const turned = {
        ...snapshot,
        pools: snapshot.pools.toReversed(),
        lanes: snapshot.lanes.toReversed().map((lane) => ({ ...lane, windows: lane.windows.toReversed() })),
        commitments: snapshot.commitments.toReversed(),
      };
      expect(planJobs(snapshot, options)).toEqual(plan);
      expect(planJobs(turned, options)).toEqual(plan);
    });
  });

  it('reserves the first segment of exactly those that are due and may be reserved', () => {
    property((world, plan) => {
      const due = plan.forecasts.filter((forecast) => {
        const { window } = placeOf(world, forecast.segments[0]!);
        const isOpening = forecast.startsAt === window.startsAt && forecast.startsAt <= NOW + 20;
        return jobOf(world, forecast).canReserve && (forecast.startsAt <= NOW + 10 || isOpening);
      });
      expect(plan.reservations.map(({ jobId, segment }) => ({ jobId, segment }))).toEqual(
        due.map(({ jobId, segments }) => ({ jobId, segment: segments[0] })),
      );
    });
  });
});

function expectSoundChain(world: World, forecast: Forecast): void {
  const job = jobOf(world, forecast);
  const cut = job.checkpoint;
  let at = job.lastCenterId === null || cut === null ? null : job.lastCenterId;
  let readyAt = Math.max(NOW, job.readyAt);
  let useful = 0;
  forecast.segments.forEach((segment, index) => {
    const isLast = index === forecast.segments.length - 1 && forecast.finishesAt !== null;
    const transfer = at === null || at === segment.centerId ? 0 : world.transferSeconds;
    expect(segment.startsAt).toBeGreaterThanOrEqual(readyAt + transfer);
    const length = segment.endsAt - segment.startsAt;
    const restart = at === null ? 0 : (cut?.restartSeconds ?? 0);
    const write = isLast ? 0 : (cut?.writeSeconds ?? 0);
    expect(segment.usefulSeconds).toBe(length - restart - write);
    expect(segment.usefulSeconds).toBeGreaterThan(0);
    const { lane } = placeOf(world, segment);
    if (!isLast) expect(length).toBeGreaterThanOrEqual(Math.max(cut?.minSegmentSeconds ?? 0, lane.minSegmentSeconds));
    if (cut === null) expect(forecast.segments).toHaveLength(1);
    useful += segment.usefulSeconds;
    readyAt = segment.endsAt;
    at = segment.centerId;
  });
  if (forecast.finishesAt === null) expect(useful).toBeLessThan(job.remainingSeconds);
  else expect(useful).toBe(job.remainingSeconds);
}
