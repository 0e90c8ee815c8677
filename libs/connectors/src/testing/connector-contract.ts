import { describe, beforeAll, afterAll, expect, it } from 'vitest';
import type { EpochSeconds, JobId } from '#libs/kernel';
import type { AttemptSpec, Connector, SealedCheckpoint } from '../connector.js';
import { ConnectorRejectedError } from '../connectors.errors.js';
import { attemptSpec, checkpointScript, newJobId, readWholeLog, until, untilEnded } from './attempts.js';

/** What the suite needs of a scheduler under test. */
export interface ConnectorHarness {
  readonly connector: Connector;
  /** A second cluster, to copy checkpoints to. */
  readonly other: Connector;
  /** How many nodes the first cluster has; at least 12, for the suite runs its attempts side by side. */
  readonly nodes: number;
  /** The cluster's clock. */
  now(): EpochSeconds;
  /** Changes one byte of one file of a sealed checkpoint, as a failing disk would. */
  damageCheckpoint(jobId: JobId, name: string): Promise<void>;
  close(): Promise<void>;
}

/** What every connector does, with real jobs. */
export function connectorContract(name: string, makeHarness: () => Promise<ConnectorHarness>): void {
  describe.concurrent(`the ${name} connector, as any connector,`, () => {
    let harness: ConnectorHarness;
    beforeAll(async () => {
      harness = await makeHarness();
    });
    afterAll(() => harness.close());
    const context = () => harness;
    runningContract(context);
    endingContract(context);
    checkpointContract(context);
    readingContract(context);
  });
}

type Context = () => ConnectorHarness;

async function runToEnd({ connector }: ConnectorHarness, script: string, changes: Partial<AttemptSpec> = {}) {
  const spec = attemptSpec(script, changes);
  await connector.submit(spec);
  const ended = await untilEnded(connector, spec.token);
  return { spec, ended, log: await readWholeLog(connector, spec.token) };
}

async function untilLogged(connector: Connector, token: string, text: string): Promise<void> {
  await until(`'${text}' in the log of ${token}`, async () => (await readWholeLog(connector, token)).includes(text));
}

async function untilSealed(connector: Connector, jobId: JobId, count: number): Promise<SealedCheckpoint[]> {
  return until(`${count} sealed checkpoints`, async () => {
    const sealed = await connector.checkpoints(jobId);
    return sealed.length >= count && sealed;
  });
}

function newest(sealed: readonly SealedCheckpoint[]): SealedCheckpoint {
  const first = sealed[0];
  if (!first) throw new Error('no checkpoint');
  return first;
}

function runningContract(context: Context): void {
  it('runs a script and tells when and where it ran and how it ended', async () => {
    const begunAt = context().now();
    const { spec, ended, log } = await runToEnd(context(), 'echo "hello from a node"', { nodes: 2 });
    expect(ended).toMatchObject({
      token: spec.token,
      state: 'ended',
      exitCode: 0,
      exitSignal: null,
      outcome: 'exited',
    });
    expect(ended.proof).not.toBeNull();
    expect(ended.nodeNames).toHaveLength(2);
    expect(ended.startedAt).toBeGreaterThanOrEqual(begunAt);
    expect(ended.endedAt).toBeGreaterThanOrEqual(ended.startedAt ?? Infinity);
    expect(log).toBe('hello from a node\n');
  });

  it.each([85, 1, 7])('passes exit code %i on', async (code) => {
    const { ended } = await runToEnd(context(), `exit ${code}`);
    expect(ended).toMatchObject({ exitCode: code, exitSignal: null, outcome: 'exited' });
  });

  it('names the signal that killed a script', async () => {
    const { ended } = await runToEnd(context(), 'kill -KILL $$');
    expect(ended).toMatchObject({ exitCode: 137, exitSignal: 'KILL', outcome: 'exited' });
  });

  it('runs a token once, however often and from however many sides it is submitted', async () => {
    const { connector } = context();
    const spec = attemptSpec('echo ran; sleep 0.5');
    const answers = await Promise.all([connector.submit(spec), connector.submit(spec), connector.submit(spec)]);
    await untilEnded(connector, spec.token);
    answers.push(await connector.submit(spec));
    expect(new Set(answers.map((answer) => answer.externalId)).size).toBe(1);
    expect(await readWholeLog(connector, spec.token)).toBe('ran\n');
  });

  it('says of a token that it never got that it is absent', async () => {
    const { connector } = context();
    const absent = attemptSpec('').token;
    expect(await connector.find(absent)).toBeNull();
    expect(await connector.list([absent])).toEqual([]);
  });

  it('lists the attempts of a poll at once', async () => {
    const { connector } = context();
    const specs = [attemptSpec('exit 0'), attemptSpec('sleep 60')];
    for (const spec of specs) await connector.submit(spec);
    const tokens = specs.map((spec) => spec.token);
    const states = await until('one ended, one running', async () => {
      const seen = (await connector.list(tokens)).map((one) => one.state);
      return seen.join() === 'ended,running' && seen;
    });
    expect(states).toHaveLength(2);
    await connector.cancel(tokens[1] ?? '');
    await untilEnded(connector, tokens[1] ?? '');
  });

  it('refuses more nodes than there are, and has then run nothing', async () => {
    const { connector, nodes } = context();
    const spec = attemptSpec('echo ran', { nodes: nodes + 1 });
    await expect(connector.submit(spec)).rejects.toThrow(ConnectorRejectedError);
    expect(await connector.find(spec.token)).toBeNull();
  });

  it('gives the script its own environment and nothing of the broker', async () => {
    process.env['YUSUAN_CONTRACT_SECRET'] = 'of the broker';
    const odd = 'two\nlines, "quotes", $(date) and \'more\' = 余算';
    const { spec, log } = await runToEnd(context(), 'printf "%s|" "$ODD" "$SEED"; env', {
      env: { ODD: odd, SEED: '1' },
    });
    expect(log.startsWith(`${odd}|1|`)).toBe(true);
    expect(log).toContain(`YUSUAN_JOB_ID=${spec.jobId}\n`);
    expect(log).toContain(`YUSUAN_SEGMENT_ID=${spec.segmentId}\n`);
    expect(log).toContain('YUSUAN_RESUME=0\n');
    expect(log).not.toContain('of the broker');
    expect(log).not.toMatch(/^npm_|^VITEST|^NODE_/m);
  });

  it('does not start before the planned start', async () => {
    const { connector, now } = context();
    const spec = attemptSpec('exit 0', { beginAt: now() + 2 });
    await connector.submit(spec);
    expect(await connector.find(spec.token)).toMatchObject({ state: 'queued', startedAt: null });
    expect((await untilEnded(connector, spec.token)).startedAt).toBeGreaterThanOrEqual(spec.beginAt);
  });
}

function endingContract(context: Context): void {
  it('never starts what was cancelled before its start', async () => {
    const { connector, now } = context();
    const spec = attemptSpec('echo ran', { beginAt: now() + 30 });
    await connector.submit(spec);
    await connector.cancel(spec.token);
    await connector.cancel(spec.token);
    expect(await untilEnded(connector, spec.token)).toMatchObject({ startedAt: null, outcome: 'cancelled' });
    expect(await readWholeLog(connector, spec.token)).toBe('');
  });

  it('lets a cancelled script end by itself within the grace', async () => {
    const { connector } = context();
    const spec = attemptSpec("trap 'echo told; exit 3' TERM; echo ready; while true; do sleep 0.05; done", {
      graceSeconds: 20,
    });
    await connector.submit(spec);
    await untilLogged(connector, spec.token, 'ready');
    await connector.cancel(spec.token);
    expect(await untilEnded(connector, spec.token)).toMatchObject({ exitCode: 3, outcome: 'cancelled' });
    expect(await readWholeLog(connector, spec.token)).toContain('told\n');
  });

  it('kills a cancelled script that will not end', async () => {
    const { connector } = context();
    const spec = attemptSpec("trap '' TERM; echo ready; while true; do sleep 0.05; done");
    await connector.submit(spec);
    await untilLogged(connector, spec.token, 'ready');
    await connector.cancel(spec.token);
    expect(await untilEnded(connector, spec.token)).toMatchObject({
      exitCode: 137,
      exitSignal: 'KILL',
      outcome: 'cancelled',
    });
  });

  it('ends by the end of the segment whatever the script does, also when it started late', async () => {
    const { connector, now } = context();
    const endBy = now() + 5;
    const spec = attemptSpec("trap '' TERM USR1 USR2 INT HUP; while true; do sleep 0.05; done", {
      beginAt: now() - 3600,
      endBy,
      timeLimitSeconds: 3600,
    });
    await connector.submit(spec);
    const ended = await untilEnded(connector, spec.token);
    expect(ended).toMatchObject({ exitSignal: 'KILL', outcome: 'timeLimit' });
    expect(ended.endedAt).toBeLessThanOrEqual(endBy);
  });

  it('counts the time limit from the real start', async () => {
    const { ended } = await runToEnd(context(), 'sleep 60', { timeLimitSeconds: 4, beginAt: context().now() + 1 });
    expect(ended).toMatchObject({ exitSignal: 'TERM', outcome: 'timeLimit' });
    const ranSeconds = (ended.endedAt ?? 0) - (ended.startedAt ?? 0);
    expect(ranSeconds).toBeGreaterThanOrEqual(1);
    expect(ranSeconds).toBeLessThanOrEqual(4);
  });

  it('does not start a segment whose end has come', async () => {
    const { ended } = await runToEnd(context(), 'echo ran', { endBy: context().now() });
    expect(ended).toMatchObject({ startedAt: null, outcome: 'timeLimit' });
  });
}

function checkpointContract(context: Context): void {
  const checkpoint = { signal: 'USR1', leadSeconds: 5 } as const;

  it('asks for a checkpoint before the end by itself, and passes 85 on', async () => {
    const { connector, now } = context();
    const spec = attemptSpec(checkpointScript('exit85'), { checkpoint, endBy: now() + 8 });
    await connector.submit(spec);
    const ended = await untilEnded(connector, spec.token);
    expect(ended).toMatchObject({ exitCode: 85, outcome: 'exited' });
    const sealed = newest(await connector.checkpoints(spec.jobId));
    expect(sealed).toMatchObject({ name: 'ckpt-000001', token: spec.token });
    expect(sealed.bytes).toBeGreaterThan(0);
    expect(await connector.verifyCheckpoint(spec.jobId, sealed)).toBe(true);
  });

  it('hands a signal only to those processes that catch it', async () => {
    const { connector } = context();
    const spec = attemptSpec(`bash -c '${checkpointScript('exit85')}' | cat\nexit \${PIPESTATUS[0]}`, { checkpoint });
    await connector.submit(spec);
    await untilLogged(connector, spec.token, 'ready');
    await connector.signal(spec.token, 'USR1');
    expect(await untilEnded(connector, spec.token)).toMatchObject({ exitCode: 85, outcome: 'exited' });
    await connector.signal(spec.token, 'USR1');
  });

  it('seals checkpoints while the job runs on, and keeps the last two', async () => {
    const { connector } = context();
    const spec = attemptSpec(checkpointScript('goOn'), { checkpoint });
    await connector.submit(spec);
    await untilLogged(connector, spec.token, 'ready');
    for (const number of [1, 2, 3]) {
      await connector.signal(spec.token, 'USR1');
      await until(`ckpt-00000${number}`, async () =>
        (await connector.checkpoints(spec.jobId))[0]?.name.endsWith(`${number}`),
      );
    }
    await connector.cancel(spec.token);
    await untilEnded(connector, spec.token);
    expect((await connector.checkpoints(spec.jobId)).map((one) => one.name)).toEqual(['ckpt-000003', 'ckpt-000002']);
  });

  async function withCheckpoint(): Promise<{ jobId: JobId; sealed: SealedCheckpoint }> {
    const { connector } = context();
    const spec = attemptSpec(checkpointScript('exit85', 1000), { checkpoint });
    await connector.submit(spec);
    await untilLogged(connector, spec.token, 'ready');
    await connector.signal(spec.token, 'USR1');
    await untilEnded(connector, spec.token);
    return { jobId: spec.jobId, sealed: newest(await untilSealed(connector, spec.jobId, 1)) };
  }

  it('resumes on another cluster from a copy that is the same to the bit', async () => {
    const { connector, other } = context();
    const { jobId, sealed } = await withCheckpoint();
    await other.importCheckpoint(jobId, sealed, connector);
    await other.importCheckpoint(jobId, sealed, connector);
    expect(await other.checkpoints(jobId)).toEqual([sealed]);
    expect(await other.verifyCheckpoint(jobId, sealed)).toBe(true);
    await other.prepareResume(jobId, sealed.name);
    const resumed = attemptSpec(checkpointScript('exit85'), { jobId, fence: 2, checkpoint });
    await other.submit(resumed);
    await untilLogged(other, resumed.token, 'resumed at 1');
    await untilLogged(other, resumed.token, 'ready');
    await other.signal(resumed.token, 'USR1');
    await untilEnded(other, resumed.token);
    expect((await other.checkpoints(jobId)).map((one) => one.name)).toEqual(['ckpt-000002', 'ckpt-000001']);
  });

  it('starts from nothing where it is told to', async () => {
    const { connector } = context();
    const { jobId } = await withCheckpoint();
    await connector.prepareResume(jobId, null);
    const again = attemptSpec('echo "resume $YUSUAN_RESUME"; ls "$YUSUAN_CHECKPOINT_DIR"', { jobId, fence: 2 });
    await connector.submit(again);
    await untilEnded(connector, again.token);
    expect(await readWholeLog(connector, again.token)).toBe('resume 0\nckpt-000001\nnew\n');
  });

  it('does not verify a damaged checkpoint, and copies none', async () => {
    const { connector, other, damageCheckpoint } = context();
    const { jobId, sealed } = await withCheckpoint();
    await damageCheckpoint(jobId, sealed.name);
    expect(await connector.verifyCheckpoint(jobId, sealed)).toBe(false);
    await expect(other.importCheckpoint(jobId, sealed, connector)).rejects.toThrow(ConnectorRejectedError);
    expect(await other.checkpoints(jobId)).toEqual([]);
  });

  it('does not verify what is not there, nor another content under the same name', async () => {
    const { connector } = context();
    const { jobId, sealed } = await withCheckpoint();
    expect(await connector.verifyCheckpoint(jobId, { ...sealed, manifestSha256: '0'.repeat(64) })).toBe(false);
    expect(await connector.verifyCheckpoint(jobId, { ...sealed, name: 'ckpt-000009' })).toBe(false);
    expect(await connector.verifyCheckpoint(newJobId(), sealed)).toBe(false);
  });
}

function readingContract(context: Context): void {
  it('reads a log while it grows, from any offset, no character cut', async () => {
    const { connector } = context();
    const spec = attemptSpec('printf 余算; sleep 1; echo 完 >&2');
    await connector.submit(spec);
    await untilLogged(connector, spec.token, '余算');
    expect(await connector.readLog(spec.token, { offset: 0, limit: 4 })).toMatchObject({
      text: '余',
      nextOffset: 3,
      eof: false,
    });
    await untilEnded(connector, spec.token);
    const rest = await connector.readLog(spec.token, { offset: 3, limit: 100 });
    expect(rest).toEqual({ text: '算完\n', offset: 3, nextOffset: 10, eof: true });
  });

  it('reads progress line by line, and passes over what is none', async () => {
    const { connector } = context();
    const lines = ['{"step":1,"of":3,"loss":2.5}', 'no progress', '{"step":-1}', '{"step":2}'];
    const spec = attemptSpec(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > "$YUSUAN_PROGRESS_FILE"
      printf '{"step":3' >> "$YUSUAN_PROGRESS_FILE"`);
    await connector.submit(spec);
    await untilEnded(connector, spec.token);
    const { lines: seen, nextOffset } = await connector.readProgress(spec.token, 0);
    expect(seen).toEqual([
      { step: 1, of: 3, loss: 2.5 },
      { step: 2, of: null, loss: null },
    ]);
    expect(nextOffset).toBe(lines.join('\n').length + 1);
    expect(await connector.readProgress(spec.token, nextOffset)).toEqual({ lines: [], nextOffset });
  });
}
