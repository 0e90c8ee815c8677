import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '#libs/contracts';
import { CRASH_POINTS, type CrashPoint } from '#libs/platform';
import { buildWhereStale } from './support/built-broker.js';
import { exactCharge, inUnits } from './support/exact-charge.js';
import type { Answer } from './support/http-api.js';
import { LeftBehind } from './support/left-behind.store.js';
import { TracedJob } from './support/traced-job.js';
import { meteredRuns, TwoCenters } from './support/two-centers.js';
import { eventually, pause } from './support/waiting.js';

/** Brokers side by side, each on a folder of its own: much of a scenario is waiting. */
const LANES = 2;
const REACHED_SECONDS_MAX = 60;
const SETTLED_SECONDS_MAX = 90;
const SCENARIO_MS_MAX = 180_000;
/** Longer than a signal or a cancellation takes to arrive. */
const ARRIVAL_SECONDS = 1.5;
/** By what a step takes at least, the job runs for about 3 s. */
const SHORT = { steps: 14, intervalSeconds: null };
const ASKED_SOON = { steps: 32, intervalSeconds: 2 };
const OVER_TWO_WINDOWS = { steps: 60, intervalSeconds: null };
const UNTIL_CANCELLED = { steps: 400, intervalSeconds: null };

interface Scene {
  readonly place: TwoCenters;
  readonly traced: TracedJob;
  readonly left: LeftBehind;
}

interface Scenario {
  readonly job: { readonly steps: number; readonly intervalSeconds: number | null };
  /** The first window is too short, and the second is at the other center. */
  readonly moves?: boolean;
  readonly cancels?: boolean;
  /** Whether the outside effect, or the commit, had happened when the broker died. */
  readonly leaves: (scene: Scene) => Promise<void>;
}

const hasNoUsage = async ({ left }: Scene) => expect(await left.usageRecords()).toBe(0);

const SCENARIOS: Record<CrashPoint, Scenario> = {
  'accept:before-commit': {
    job: SHORT,
    leaves: async ({ left }) => expect(await left.jobs()).toBe(0),
  },
  'accept:after-commit': {
    job: SHORT,
    leaves: async ({ left }) => expect(await left.jobs()).toBe(1),
  },
  'reserve:before-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect(await left.segmentStates()).toEqual([]);
      expect(await left.promises()).toEqual({ nodes: 0, holds: 0 });
    },
  },
  'reserve:after-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect(await left.segmentStates()).toEqual(['RESERVED']);
      expect(await left.promises()).toEqual({ nodes: 1, holds: 1 });
    },
  },
  'stage:before-copy': {
    job: OVER_TWO_WINDOWS,
    moves: true,
    leaves: async ({ left }) => {
      expect(await left.segmentStates()).toEqual(['ENDED', 'SUBMITTING']);
      expect(await left.checkpointRows()).toBeGreaterThan(0);
      expect(await left.sealedCheckpoints()).toEqual([]);
    },
  },
  'stage:after-copy': {
    job: OVER_TWO_WINDOWS,
    moves: true,
    leaves: async ({ left }) => {
      expect(await left.segmentStates()).toEqual(['ENDED', 'SUBMITTING']);
      expect(await left.sealedCheckpoints()).toHaveLength(1);
    },
  },
  'submit:before': {
    job: SHORT,
    leaves: async ({ left, traced }) => {
      expect(await left.segmentStates()).toEqual(['SUBMITTING']);
      expect(await left.hasAttemptFile()).toBe(false);
      expect(traced.starts()).toEqual([]);
    },
  },
  'submit:after': {
    job: SHORT,
    leaves: async ({ left, traced }) => {
      expect(await left.segmentStates()).toEqual(['SUBMITTING']);
      expect(await left.hasAttemptFile()).toBe(true);
      await eventually('the script runs without a broker', 10, () => traced.starts().length === 1 || null);
    },
  },
  'signal:before': {
    job: ASKED_SOON,
    leaves: async ({ traced }) => {
      await pause(ARRIVAL_SECONDS);
      expect(traced.signals()).toEqual([]);
    },
  },
  'signal:after': {
    job: ASKED_SOON,
    leaves: async ({ traced }) => {
      await eventually('the signal comes', 10, () => traced.signals().length > 0 || null);
      await pause(ARRIVAL_SECONDS);
      expect(traced.signals()).toHaveLength(1);
    },
  },
  'cancel:before': {
    job: UNTIL_CANCELLED,
    cancels: true,
    leaves: async ({ left, traced }) => {
      expect(await left.hasAttemptFile('cancel')).toBe(false);
      const before = traced.stepsDone().length;
      await pause(ARRIVAL_SECONDS);
      expect(traced.stepsDone().length).toBeGreaterThan(before);
      expect(await left.hasAttemptFile('run/exit.json')).toBe(false);
    },
  },
  'cancel:after': {
    job: UNTIL_CANCELLED,
    cancels: true,
    leaves: async ({ left }) => {
      expect(await left.hasAttemptFile('cancel')).toBe(true);
      await eventually('the run ends', 10, async () => (await left.hasAttemptFile('run/exit.json')) || null);
      expect(await left.segmentStates()).toEqual(['RUNNING']);
    },
  },
  'checkpoint:before-record': {
    job: ASKED_SOON,
    leaves: async ({ left }) => {
      expect(await left.sealedCheckpoints()).toContain('ckpt-000001');
      expect(await left.checkpointRows()).toBe(0);
    },
  },
  'checkpoint:after-record': {
    job: ASKED_SOON,
    leaves: async ({ left }) => expect(await left.checkpointRows()).toBe(1),
  },
  'meter:before-commit': {
    job: SHORT,
    leaves: async (scene) => {
      expect((await scene.left.attempt()).state).toBe('ENDED');
      await hasNoUsage(scene);
    },
  },
  'meter:after-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect((await left.attempt()).state).toBe('ENDED');
      expect(await left.usageRecords()).toBeGreaterThan(0);
    },
  },
  'end:before-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect((await left.attempt()).state).toBe('ENDED');
      expect(await left.jobState()).toBe('COMPLETING');
      expect((await left.promises()).nodes).toBe(1);
    },
  },
  'end:after-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect(await left.segmentStates()).toEqual(['ENDED']);
      expect(await left.jobState()).toBe('COMPLETED');
      expect((await left.promises()).nodes).toBe(0);
    },
  },
  'charge:before-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect(await left.usageRecords()).toBeGreaterThan(0);
      expect(await left.charges()).toBe(0);
    },
  },
  'charge:after-commit': {
    job: SHORT,
    leaves: async ({ left }) => {
      expect(await left.charges()).toBeGreaterThan(0);
      expect(await left.charges()).toBe(await left.usageRecords());
    },
  },
};

const REFUSED: readonly CrashPoint[] = ['accept:before-commit', 'accept:after-commit'];

/** A job on its way, from its request to what it was seen to do. */
class Walk {
  private readonly name: string;
  private readonly traced: TracedJob;
  private readonly left: LeftBehind;
  private readonly key = randomUUID();

  constructor(
    private readonly place: TwoCenters,
    private readonly point: CrashPoint,
    private readonly scenario: Scenario,
  ) {
    this.name = point.replace(':', '-');
    this.traced = new TracedJob(place.scratch, this.name, scenario.job.steps);
    this.left = new LeftBehind(place.dataDir, this.name);
  }

  async go(): Promise<void> {
    const witness = join(this.place.scratch, `${this.name}.witness`);
    await this.place.start({ point: this.point, witness });
    await this.place.owner.post('/v1/projects', { code: this.name, name: this.name });
    const close = await this.openWindows();
    const first = await this.submit().catch(() => null);
    if (REFUSED.includes(this.point)) expect(first, 'the broker died before it could answer').toBeNull();
    if (this.scenario.cancels) await this.cancelOnceItRuns();
    await this.seeItDie(witness);
    await this.scenario.leaves({ place: this.place, traced: this.traced, left: this.left });

    await this.place.start();
    const job = await this.seeItKept(first);
    await this.seeItSettled(await this.place.settled(job.id, SETTLED_SECONDS_MAX));
    for (const one of close) await one();
  }

  private async openWindows(): Promise<(() => Promise<void>)[]> {
    if (!this.scenario.moves) return [await this.place.openWindow('jinan', 0, 300)];
    return [await this.place.openWindow('jinan', 0, 14), await this.place.openWindow('guangzhou', 12, 300)];
  }

  private submit(): Promise<Answer<Job>> {
    const { intervalSeconds } = this.scenario.job;
    const intervalMinutes = intervalSeconds === null ? null : intervalSeconds / 60;
    const body = {
      ...{ name: this.name, project: this.name, run: this.traced.run, objective: 'time' },
      resources: { nodes: 1, devicesPerNode: 1, deviceKinds: ['cpu-core'] },
      workload: { kind: 'walltime', walltimeMinutes: 1 },
      checkpoint: { intervalMinutes, sizeGiB: 0.001, signal: 'USR1', minSegmentMinutes: 0.1 },
    };
    return this.place.owner.create<Job>('/v1/jobs', body, this.key);
  }

  private async cancelOnceItRuns(): Promise<void> {
    await eventually('the job runs', REACHED_SECONDS_MAX, async () => {
      const [state] = await this.left.segmentStates();
      return (state === 'RUNNING' && this.traced.stepsDone().length > 2) || null;
    });
    const [job] = await this.place.owner.list<Job>(`/v1/jobs?project=${this.name}`);
    // The broker may die before it has answered.
    await this.place.owner.post(`/v1/jobs/${job?.id}/cancel`, {}).catch(() => null);
  }

  private async seeItDie(witness: string): Promise<void> {
    const { broker } = this.place;
    const late = pause(REACHED_SECONDS_MAX).then(() => {
      throw new Error(`${this.point} was not reached:\n${broker.log()}`);
    });
    expect(await Promise.race([broker.ended, late])).toEqual({ code: null, signal: 'SIGKILL' });
    expect(existsSync(witness) && readFileSync(witness, 'utf8')).toBe(`${this.point}\n`);
  }

  /** The request again: what was accepted is answered again, what was not is accepted now; in the end there is one job. */
  private async seeItKept(first: Answer<Job> | null): Promise<Job> {
    const again = await this.submit();
    expect(again.status).toBe(201);
    const isReplay = this.point !== 'accept:before-commit';
    expect(again.headers.get('idempotency-replayed')).toBe(isReplay ? 'true' : null);
    if (first) expect(again.body.id).toBe(first.body.id);
    const jobs = await this.place.owner.list<Job>(`/v1/jobs?project=${this.name}`);
    expect(jobs.map(({ id }) => id)).toEqual([again.body.id]);
    return again.body;
  }

  private async seeItSettled(job: Job): Promise<void> {
    const segments = await this.place.segmentsOf(job.id);
    const ran = segments.filter((segment) => segment.startedAt !== null);
    expect(this.traced.starts(), 'each segment ran once').toEqual(ran.map(({ id }) => id));
    const steps = this.traced.stepsDone();
    expect(steps, 'no step was lost or done twice').toEqual(steps.map((_, index) => index + 1));
    if (this.scenario.cancels) expect(job.state).toBe('CANCELLED');
    else expect([job.state, steps.length]).toEqual(['COMPLETED', this.traced.steps]);
    expect(ran.map(({ center }) => center)).toEqual(this.scenario.moves ? ['jinan', 'guangzhou'] : ['jinan']);

    const owed = exactCharge(meteredRuns(ran));
    expect(owed.deviceSeconds).toBeGreaterThan(0);
    const usage = (await this.place.usageBy('project')).find((row) => row.project === this.name);
    expect(usage?.deviceSeconds, 'each second is used once').toBe(owed.deviceSeconds);
    expect(inUnits(job.cost.charged.amount), 'and charged once').toBe(owed.gross);
    expect(await this.left.promises(), 'nothing is promised any more').toEqual({ nodes: 0, holds: 0 });
    expect(await this.place.broker.checkInvariants()).toEqual({ code: 0, text: 'all invariants hold' });
  }
}

describe.concurrent('a broker killed at a crash point, then started again', () => {
  const free: TwoCenters[] = [];
  const all: TwoCenters[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    buildWhereStale();
    for (let lane = 0; lane < LANES; lane++) all.push(new TwoCenters());
    // All are ready, or all have given up: none is torn down while it starts.
    const starts = await Promise.allSettled(all.map((place) => place.setUp()));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    free.push(...all);
  }, 180_000);

  afterAll(async () => {
    await Promise.all(all.map((place) => place.tearDown()));
  }, 60_000);

  /** In the order of asking. */
  function takeLane(): Promise<TwoCenters> {
    const taken = queue.then(() => eventually('a lane is free', SCENARIO_MS_MAX / 1000, () => free.shift() ?? null));
    queue = taken.catch(() => undefined);
    return taken;
  }

  it.each(CRASH_POINTS)(
    'loses nothing, runs nothing twice and charges nothing twice at %s',
    async (point) => {
      const place = await takeLane();
      try {
        await new Walk(place, point, SCENARIOS[point]).go();
      } finally {
        free.push(place);
      }
    },
    // With the time that a test waits for its lane.
    3 * SCENARIO_MS_MAX,
  );
});
