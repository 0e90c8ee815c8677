import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLastRequest, readSettings } from './settings.mjs';

const STEPS = 40;
/** From about 140 steps on the model beats the baseline with any seed; fewer are too few to learn from. */
const LEARNING_STEPS = 180;
const CLEARLY_NATS = 0.05;
const PROGRAM = join(import.meta.dirname, 'train.mjs');
const ONE_MINUTE = 60_000;

interface Progress {
  step: number;
  of: number;
  loss: number;
}

/** One run of the program over several segments, with a broker's folders around it. */
class Job {
  readonly checkpoints: string;
  private readonly progressFile: string;
  private readonly outputDir: string;

  constructor(root: string, name: string) {
    const folder = join(root, name);
    this.checkpoints = join(folder, 'checkpoints');
    this.outputDir = join(folder, 'output');
    this.progressFile = join(folder, 'progress.jsonl');
    mkdirSync(this.checkpoints, { recursive: true });
  }

  start(extra: Record<string, string> = {}) {
    const child = spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        MOE_STEPS: String(STEPS),
        MOE_PROGRESS_EVERY: '1',
        MOE_KEEP_FINAL: '1',
        YUSUAN_CHECKPOINT_DIR: this.checkpoints,
        YUSUAN_PROGRESS_FILE: this.progressFile,
        YUSUAN_OUTPUT_DIR: this.outputDir,
        ...extra,
      },
    });
    return { child, ended: once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string) };
  }

  progress(): Progress[] {
    if (!existsSync(this.progressFile)) return [];
    const lines = readFileSync(this.progressFile, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Progress);
  }

  async reach(child: ChildProcess, condition: () => boolean) {
    while (!condition()) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('the program ended too soon');
      await sleep(5);
    }
  }

  lastStep() {
    return this.progress().at(-1)?.step ?? 0;
  }

  isComplete() {
    return existsSync(join(this.checkpoints, 'new', 'COMPLETE'));
  }

  /** What the broker's wrapper does with a complete checkpoint. */
  collect() {
    rmSync(join(this.checkpoints, 'latest'), { recursive: true, force: true });
    renameSync(join(this.checkpoints, 'new'), join(this.checkpoints, 'latest'));
    return JSON.parse(readFileSync(join(this.checkpoints, 'latest', 'checkpoint.json'), 'utf8')) as { step: number };
  }

  finalDigests() {
    const folder = join(this.checkpoints, 'new');
    const digest = (file: string) =>
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex');
    return Object.fromEntries(readdirSync(folder).map((file) => [file, digest(file)]));
  }

  result() {
    return JSON.parse(readFileSync(join(this.outputDir, 'result.json'), 'utf8')) as {
      steps: number;
      heldOutLoss: number;
      unigramLoss: number;
      expertShare: number[];
      samples: string[];
    };
  }
}

describe('a training run under a broker', () => {
  let root: string;
  let uninterrupted: Job;
  let learned: Job;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'moe-train-'));
    uninterrupted = new Job(root, 'uninterrupted');
    learned = new Job(root, 'learned');
    const runs = [uninterrupted.start(), learned.start({ MOE_STEPS: String(LEARNING_STEPS) })];
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([0, 0]);
  }, ONE_MINUTE);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('learns more than the characters’ frequencies, and its gate uses every expert', () => {
    const { steps, heldOutLoss, unigramLoss, expertShare, samples } = learned.result();
    expect(steps).toBe(LEARNING_STEPS);
    expect(heldOutLoss).toBeLessThan(unigramLoss - CLEARLY_NATS);
    expect(expertShare).toHaveLength(8);
    expect(Math.min(...expertShare)).toBeGreaterThan(0.02);
    for (const sample of samples) expect(sample).toMatch(/^(\p{Script=Han}{7}，\p{Script=Han}{7}。){2}$/u);
  });

  it(
    'ends after three segments with the same bits as without interruption, and no step is missed or done twice',
    { timeout: ONE_MINUTE },
    async () => {
      const job = new Job(root, 'stopped');
      const first = job.start();
      await job.reach(first.child, () => job.lastStep() >= 10);
      first.child.kill('SIGTERM');
      expect(await first.ended).toBe(85);
      const firstEnd = job.collect().step;
      expect(firstEnd).toBe(job.lastStep());

      const second = job.start({ YUSUAN_RESUME: '1', YUSUAN_DEADLINE: String(Math.floor(Date.now() / 1000) + 15) });
      await job.reach(second.child, () => job.lastStep() >= firstEnd + 10);
      second.child.kill('SIGUSR1');
      expect(await second.ended).toBe(85);
      expect(job.collect().step).toBe(job.lastStep());

      expect(await job.start({ YUSUAN_RESUME: '1' }).ended).toBe(0);
      expect(job.progress().map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
      expect(job.finalDigests()).toEqual(uninterrupted.finalDigests());
      expect(job.result()).toEqual(uninterrupted.result());
    },
  );

  it(
    'goes on after a periodic checkpoint, and from that checkpoint after a kill to the same bits',
    { timeout: ONE_MINUTE },
    async () => {
      const job = new Job(root, 'killed');
      const distant = { YUSUAN_DEADLINE: String(Math.floor(Date.now() / 1000) + 3600), YUSUAN_SIGNAL: 'USR2' };
      const first = job.start(distant);
      await job.reach(first.child, () => job.lastStep() >= 5);
      first.child.kill('SIGUSR2');
      await job.reach(first.child, () => job.isComplete());
      const { step } = job.collect();
      await job.reach(first.child, () => job.lastStep() >= step + 5);
      first.child.kill('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');

      const resumedAt = job.progress().length;
      expect(await job.start({ ...distant, YUSUAN_RESUME: '1' }).ended).toBe(0);
      expect(job.progress()[resumedAt]?.step).toBe(step + 1);
      expect(job.finalDigests()).toEqual(uninterrupted.finalDigests());
    },
  );

  it('refuses to begin anew in silence when the checkpoint it shall resume from is not there', async () => {
    const job = new Job(root, 'missing');
    expect(await job.start({ YUSUAN_RESUME: '1' }).ended).toBe(2);
    expect(job.progress()).toEqual([]);
  });
});

describe('the settings', () => {
  it('take a request for the last one only where the deadline is nearer than twice the margin', () => {
    expect(isLastRequest(1000, 1020, 10)).toBe(false);
    expect(isLastRequest(1001, 1020, 10)).toBe(true);
    expect(isLastRequest(1001, null, 10)).toBe(false);
  });

  it('name what is wrong', () => {
    expect(() => readSettings({ MOE_STEPS: 'many' })).toThrow('MOE_STEPS must be a whole number, not "many"');
    expect(() => readSettings({ YUSUAN_SIGNAL: 'HELLO' })).toThrow('YUSUAN_SIGNAL names no signal: "HELLO"');
  });
});
