import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job, LogChunk, ProgressPoint, Segment } from '#libs/contracts';
import { buildWhereStale } from './support/built-broker.js';
import { exactCharge, inUnits } from './support/exact-charge.js';
import { LeftBehind } from './support/left-behind.store.js';
import { checkpointHashes, MoeTraining } from './support/moe-training.js';
import { meteredRuns, TOP_UP, TwoCenters } from './support/two-centers.js';

/** More than the first window has time for. */
const STEPS = 1000;
const FIRST_WINDOW_SECONDS = 18;
const SECOND_WINDOW_AFTER_SECONDS = 15;
const ENDED_SECONDS_MAX = 150;
const NAME = 'moe-over-two-centers';

describe('a training that moves from one center to the other', () => {
  const place = new TwoCenters({ pollSeconds: 0.25, graceSeconds: 3, leadSeconds: 6 });
  const training = new MoeTraining(place.scratch, STEPS);
  const left = new LeftBehind(place.dataDir, NAME);
  let uninterrupted: Record<string, string>;
  let job: Job;
  let segments: Segment[];

  beforeAll(async () => {
    buildWhereStale();
    await place.setUp();
    const { owner } = place;
    await owner.post('/v1/projects', { code: 'poetry', name: 'Poetry' });
    await place.openWindow('jinan', 0, FIRST_WINDOW_SECONDS);
    await place.openWindow('guangzhou', SECOND_WINDOW_AFTER_SECONDS, 900);
    const { id } = await owner.post('/v1/jobs', {
      ...{ name: NAME, project: 'poetry', objective: 'time' },
      run: { script: training.script, env: training.env },
      resources: { nodes: 1, devicesPerNode: 1, deviceKinds: ['cpu-core'] },
      workload: { kind: 'walltime', walltimeMinutes: 3 },
      checkpoint: { sizeGiB: 0.01, signal: 'USR1', minSegmentMinutes: 0.1 },
    });
    // Not beside the job: on a busy machine its first segment would not get far.
    job = await place.settled(id, ENDED_SECONDS_MAX);
    segments = (await place.segmentsOf(id)).filter(({ startedAt }) => startedAt !== null);
    uninterrupted = await training.runThrough();
  }, 300_000);

  afterAll(() => place.tearDown(), 60_000);

  it('runs to its end in two segments, the second from the first one’s checkpoint', async () => {
    expect(job.state).toBe('COMPLETED');
    expect(segments.map(({ center, outcome }) => [center, outcome])).toEqual([
      ['jinan', 'window_end'],
      ['guangzhou', 'completed'],
    ]);
    const log = await place.owner.get<LogChunk>(`/v1/jobs/${job.id}/logs`);
    const resumedAfter = Number(/goes on after step (\d+) of/.exec(log.text)?.[1]);
    expect(resumedAfter).toBeGreaterThan(0);
    const points = await place.owner.list<ProgressPoint>(`/v1/jobs/${job.id}/progress`);
    const stepsOf = (index: number) =>
      points.filter(({ segment }) => segment === segments[index]?.id).map(({ step }) => step);
    expect(Math.max(...stepsOf(0))).toBeLessThanOrEqual(resumedAfter);
    expect(Math.min(...stepsOf(1))).toBeGreaterThan(resumedAfter);
    expect(Math.max(...stepsOf(1))).toBe(STEPS);
  });

  it('ends with the same weights, optimizer, random state and place in the data, bit for bit, as without a break', async () => {
    expect(Object.keys(uninterrupted)).toContain('checkpoint.json');
    expect(Object.keys(uninterrupted).length).toBeGreaterThan(1);
    expect(checkpointHashes(join(await left.checkpointFolder(), 'latest'))).toEqual(uninterrupted);
  });

  it('is charged what its seconds cost at the offers’ prices, to the last digit', async () => {
    const owed = exactCharge(meteredRuns(segments));
    expect(inUnits(job.cost.charged.amount)).toBe(owed.gross);
    const rows = await place.usageBy('center');
    expect(new Set(rows.map(({ center }) => center))).toEqual(new Set(['guangzhou', 'jinan']));
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      const own = exactCharge(meteredRuns(segments.filter(({ center }) => center === row.center)));
      expect(row.deviceSeconds).toBe(own.deviceSeconds);
      const charged = [row.net, row.fee, row.tax, row.gross].map(({ amount }) => inUnits(amount));
      expect(charged).toEqual([own.net, own.fee, own.tax, own.gross]);
    }
    const account = await place.account();
    expect(inUnits(account.available.amount)).toBe(inUnits(TOP_UP) - owed.gross);
    expect(await place.broker.checkInvariants()).toEqual({ code: 0, text: 'all invariants hold' });
  });
});

describe('the arithmetic that charges are checked with', () => {
  it('makes the example of the books: one node of 8 devices for an hour at 3.5000', () => {
    const hour = { startedAt: '2026-11-23T12:00:00Z', endedAt: '2026-11-23T13:00:00Z' };
    const owed = exactCharge([{ ...hour, devices: 8, price: '3.5000' }]);
    const books = ['28', '2.24', '1.8144', '32.0544'].map((amount) => inUnits(amount));
    expect([owed.net, owed.fee, owed.tax, owed.gross]).toEqual(books);
  });

  it('rounds the device-hours of each record, and a full hour begins a new one', () => {
    const three = (startedAt: string, endedAt: string) =>
      exactCharge([{ startedAt, endedAt, devices: 1, price: '1.0000' }]).net;
    expect(three('2026-11-23T12:59:57Z', '2026-11-23T13:00:00Z')).toBe(inUnits('0.00083333'));
    expect(three('2026-11-23T12:59:58Z', '2026-11-23T13:00:01Z')).toBe(inUnits('0.00083334'));
  });
});
