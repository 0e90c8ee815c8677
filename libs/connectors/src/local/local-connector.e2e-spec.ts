import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { jobUser } from '#libs/platform';
import { ConnectorRejectedError } from '../connectors.errors.js';
import {
  attemptSpec,
  checkpointScript,
  newJobId,
  readWholeLog,
  secondsNow,
  until,
  untilEnded,
} from '../testing/attempts.js';
import { localClusters, type LocalCluster } from '../testing/local-cluster.js';
import { runTypeScript } from '../testing/run-typescript.js';
import { findMarkedProcesses, identify, isAlive, type ProcessIdentity } from './processes.js';

const clusters = localClusters();
afterAll(() => clusters.remove());
const checkpoint = { signal: 'USR1', leadSeconds: 5 } as const;

function isThere(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.startsWith('Z') === false;
  } catch {
    return false;
  }
}

function wrapperOf(cluster: LocalCluster, token: string): ProcessIdentity {
  return JSON.parse(readFileSync(join(cluster.run(token), 'pid'), 'utf8')) as ProcessIdentity;
}

function guardOf(cluster: LocalCluster, token: string): Promise<number> {
  return until('the guard', async () => {
    const { pid } = wrapperOf(cluster, token);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    return children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('--guard'));
  });
}

async function untilLogged({ connector }: LocalCluster, token: string, text: string): Promise<string> {
  return until(`'${text}' in the log`, async () => {
    const log = await readWholeLog(connector, token);
    return log.includes(text) && log;
  });
}

describe.concurrent('a local attempt', () => {
  it('is run by one of two wrappers: the other finds the fence taken', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('echo ran; sleep 0.5', { beginAt: secondsNow() + 1 });
    await cluster.connector.submit(spec);
    const folder = join(cluster.folder, 'attempts', spec.token);
    const copies = [1, 2].map(() => spawn('bash', [join(folder, 'wrapper.sh'), folder], { stdio: 'ignore' }));
    const codes = await Promise.all(copies.map(async (copy) => (await once(copy, 'exit'))[0] as number));
    // The submitted one and two copies: whoever was first, two are too many.
    expect(codes.filter((code) => code === 86).length).toBeGreaterThanOrEqual(1);
    await untilEnded(cluster.connector, spec.token);
    expect(await readWholeLog(cluster.connector, spec.token)).toBe('ran\n');
  });

  it('outlives a broker killed with kill -9, and is adopted by the next', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('echo begun; sleep 2; echo done; exit 85');
    const id = cluster.folder.split('/').at(-1);
    const broker = runTypeScript(`
      import { ConnectorRegistry } from '#libs/connectors';
      import { jobUser } from '#libs/platform';
      const now = () => Math.floor(Date.now() / 1000);
      const registry = new ConnectorRegistry({ dataDir: ${JSON.stringify(clusters.dataDir)}, jobUser: jobUser(), now });
      const connector = registry.for({ id: '${id}', connector: 'local', settings: { slots: 40 } });
      await connector.submit(${JSON.stringify(spec)});
      console.log('submitted');
      setInterval(() => {}, 1000);
    `);
    const ended = once(broker, 'exit');
    await once(broker.stdout ?? broker, 'data');
    broker.kill('SIGKILL');
    expect((await ended)[1]).toBe('SIGKILL');
    const next = cluster.restarted();
    expect(['queued', 'running']).toContain((await next.find(spec.token))?.state);
    await next.submit(spec);
    expect(await untilEnded(next, spec.token)).toMatchObject({ exitCode: 85, outcome: 'exited', proof: 'exitFile' });
    expect(await readWholeLog(next, spec.token)).toBe('begun\ndone\n');
  });

  it('is not mistaken for another process that got its pid', async () => {
    const stranger = spawn('sleep', ['60']);
    const identity = await identify(stranger.pid ?? 0);
    if (!identity) throw new Error('no process');
    expect(await isAlive(identity)).toBe(true);
    expect(await isAlive({ ...identity, startTicks: `${Number(identity.startTicks) - 1}` })).toBe(false);
    expect(await isAlive({ ...identity, bootId: 'of another boot' })).toBe(false);
    expect(await isAlive({ ...identity, namespace: 'pid:[1]' })).toBe('unknown');

    const cluster = clusters.make();
    const spec = attemptSpec('exit 0');
    await cluster.connector.submit(spec);
    await untilEnded(cluster.connector, spec.token);
    // As if the wrapper had been killed before its exit file, and its pid given to the stranger since.
    rmSync(join(cluster.run(spec.token), 'exit.json'));
    const reused = { ...identity, startTicks: wrapperOf(cluster, spec.token).startTicks };
    writeFileSync(join(cluster.run(spec.token), 'pid'), JSON.stringify(reused));
    expect(await cluster.restarted().find(spec.token)).toMatchObject({
      state: 'ended',
      outcome: 'vanished',
      proof: 'processGone',
    });
    expect(isThere(stranger.pid ?? 0)).toBe(true);
    stranger.kill();
  });

  it('is known by its lock where its pid is of another container', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('sleep 60');
    await cluster.connector.submit(spec);
    await until('a start', async () => (await cluster.connector.find(spec.token))?.state === 'running');
    const file = join(cluster.run(spec.token), 'pid');
    const own = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(own), namespace: 'pid:[1]' }));
    expect(await cluster.connector.find(spec.token)).toMatchObject({ state: 'running' });
    await cluster.connector.cancel(spec.token);
    expect(await untilEnded(cluster.connector, spec.token)).toMatchObject({ outcome: 'cancelled' });
  });

  it('leaves no process alive at its end: ignored signals, sessions of their own and held output do not help', async () => {
    const cluster = clusters.make();
    const endBy = secondsNow() + 5;
    const spec = attemptSpec(
      `trap '' TERM USR1 HUP INT
       for i in 1 2; do
         bash -c 'trap "" TERM USR1; echo "pid $$"; while true; do sleep 1; done' &
         setsid bash -c 'trap "" TERM; echo "pid $$"; while true; do sleep 1; done' &
         setsid env -i bash -c 'trap "" TERM; echo "pid $$"; while true; do sleep 1; done' &
         ( setsid bash -c 'echo "pid $$"; exec > /dev/null 2>&1; while true; do sleep 1; done' & )
       done
       echo "pid $$"
       while true; do sleep 1; done`,
      { endBy, timeLimitSeconds: 3600 },
    );
    await cluster.connector.submit(spec);
    const log = await until('nine processes', async () => {
      const text = await readWholeLog(cluster.connector, spec.token);
      return text.match(/^pid \d+$/gm)?.length === 9 && text;
    });
    const pids = [...log.matchAll(/^pid (\d+)$/gm)].map((match) => Number(match[1]));
    expect(pids.every(isThere)).toBe(true);
    const ended = await untilEnded(cluster.connector, spec.token);
    expect(ended).toMatchObject({ outcome: 'timeLimit', exitSignal: 'KILL' });
    expect(ended.endedAt).toBeLessThanOrEqual(endBy);
    expect(pids.filter(isThere)).toEqual([]);
    expect(await findMarkedProcesses(`YUSUAN_ATTEMPT=${spec.token}`)).toEqual([]);
  });

  it('takes what it left running with it when its script ends', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('sleep 60 & echo "pid $!"; setsid sleep 60 & echo "pid $!"; exit 0');
    await cluster.connector.submit(spec);
    expect(await untilEnded(cluster.connector, spec.token)).toMatchObject({ exitCode: 0, outcome: 'exited' });
    const pids = [...(await readWholeLog(cluster.connector, spec.token)).matchAll(/^pid (\d+)$/gm)];
    expect(pids.map((match) => isThere(Number(match[1])))).toEqual([false, false]);
  });

  it('is ended by its guard where its wrapper was killed', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('echo "pid $$"; sleep 60');
    await cluster.connector.submit(spec);
    const pid = Number(/pid (\d+)/.exec(await untilLogged(cluster, spec.token, 'pid '))?.[1]);
    await guardOf(cluster, spec.token);
    process.kill(wrapperOf(cluster, spec.token).pid, 'SIGKILL');
    await until('the end of the script', async () => !isThere(pid));
    const ended = await untilEnded(cluster.connector, spec.token);
    expect(ended).toMatchObject({ outcome: 'vanished', exitCode: null, proof: 'processGone' });
    expect(ended.endedAt).toBeGreaterThanOrEqual(ended.startedAt ?? Infinity);
  });

  it('is ended by its observer where wrapper and guard were killed', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('echo "pid $$"; sleep 60');
    await cluster.connector.submit(spec);
    const pid = Number(/pid (\d+)/.exec(await untilLogged(cluster, spec.token, 'pid '))?.[1]);
    const guard = await guardOf(cluster, spec.token);
    process.kill(guard, 'SIGKILL');
    process.kill(wrapperOf(cluster, spec.token).pid, 'SIGKILL');
    expect(await untilEnded(cluster.connector, spec.token)).toMatchObject({ outcome: 'vanished' });
    expect(isThere(pid)).toBe(false);
  });

  it('runs as an unprivileged user where the broker is root, else as the broker', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec(
      'id -u; id -G; touch "$YUSUAN_OUTPUT_DIR/mine" "$HOME/mine" "$YUSUAN_CHECKPOINT_DIR/new/mine" && echo wrote',
    );
    await cluster.connector.submit(spec);
    await untilEnded(cluster.connector, spec.token);
    const user = jobUser();
    const log = await readWholeLog(cluster.connector, spec.token);
    expect(log.split('\n')[0]).toBe(String(user?.uid ?? process.getuid?.()));
    if (user) expect(log.split('\n')[1]).toBe(String(user.gid));
    expect(log).toContain('wrote');
  });

  it('runs as the broker itself where there is nobody else to run as', async () => {
    const own = localClusters(null);
    const cluster = own.make();
    const spec = attemptSpec('id -u');
    await cluster.connector.submit(spec);
    await untilEnded(cluster.connector, spec.token);
    expect(await readWholeLog(cluster.connector, spec.token)).toBe(`${process.getuid?.()}\n`);
    own.remove();
  });
});

describe.concurrent('a submission that broke off', () => {
  async function brokenOff(cluster: LocalCluster, settle: number) {
    const spec = attemptSpec('echo ran', { beginAt: secondsNow() + settle });
    await cluster.connector.submit(spec);
    await until('a wrapper', async () => existsSync(join(cluster.run(spec.token), 'pid')));
    process.kill(wrapperOf(cluster, spec.token).pid, 'SIGKILL');
    // Back to where a broker stands that was killed between the folder and the start.
    for (const name of ['pid', 'fence']) rmSync(join(cluster.run(spec.token), name), { recursive: true });
    return spec;
  }

  it('is taken up by submitting the token again', async () => {
    const cluster = clusters.make();
    const spec = await brokenOff(cluster, 2);
    expect(await cluster.connector.find(spec.token)).toMatchObject({ state: 'queued' });
    await cluster.connector.submit(spec);
    expect(await untilEnded(cluster.connector, spec.token)).toMatchObject({ exitCode: 0 });
    expect(await readWholeLog(cluster.connector, spec.token)).toBe('ran\n');
  });

  it('is proved never started after the start timeout, and can then not start any more', async () => {
    const cluster = clusters.make({ startTimeoutSeconds: 1 });
    const spec = await brokenOff(cluster, 2);
    const ended = await untilEnded(cluster.connector, spec.token);
    expect(ended).toMatchObject({ outcome: 'vanished', startedAt: null, proof: 'processGone' });
    const folder = join(cluster.folder, 'attempts', spec.token);
    const late = spawn('bash', [join(folder, 'wrapper.sh'), folder], { stdio: 'ignore' });
    expect((await once(late, 'exit'))[0]).toBe(86);
    await cluster.connector.submit(spec);
    expect(await readWholeLog(cluster.connector, spec.token)).toBe('');
  });
});

describe.concurrent('the slots of a local cluster', () => {
  it('are never taken twice, and are free again after an end that nobody looked at', async () => {
    const cluster = clusters.make({ slots: 3 });
    const first = attemptSpec('sleep 1', { nodes: 2 });
    const [one, two] = [attemptSpec('exit 0', { nodes: 2 }), attemptSpec('exit 0', { nodes: 1 })];
    await cluster.connector.submit(first);
    await expect(cluster.connector.submit(one)).rejects.toThrow('2 nodes asked for, 1 of 3 are free');
    await cluster.connector.submit(two);
    expect((await cluster.connector.find(two.token))?.nodeNames).toEqual(['slot-3']);
    await until('exit files', async () =>
      [first, two].every((s) => existsSync(join(cluster.run(s.token), 'exit.json'))),
    );
    await cluster.connector.submit(one);
    expect((await untilEnded(cluster.connector, one.token)).nodeNames).toEqual(['slot-1', 'slot-2']);
  });
});

describe.concurrent('a checkpoint', () => {
  it('that a kill left half written does not touch the one before', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec(
      `cd "$YUSUAN_CHECKPOINT_DIR"; echo whole > new/state; : > new/COMPLETE
       while [ -e new/COMPLETE ]; do sleep 0.05; done
       mkdir -p new; while true; do echo half >> new/state; echo writing; sleep 0.05; done`,
      { checkpoint },
    );
    await cluster.connector.submit(spec);
    await untilLogged(cluster, spec.token, 'writing');
    process.kill(wrapperOf(cluster, spec.token).pid, 'SIGKILL');
    await untilEnded(cluster.connector, spec.token);
    const sealed = await until('one sealed', async () => {
      const found = await cluster.connector.checkpoints(spec.jobId);
      return found.length > 0 && found;
    });
    expect(sealed.map((one) => one.name)).toEqual(['ckpt-000001']);
    const [whole] = sealed;
    expect(whole && (await cluster.connector.verifyCheckpoint(spec.jobId, whole))).toBe(true);
    expect(readFileSync(join(cluster.checkpoints(spec.jobId), 'latest', 'state'), 'utf8')).toBe('whole\n');
  });

  async function leftComplete(cluster: LocalCluster) {
    const spec = attemptSpec('echo 7 > "$YUSUAN_CHECKPOINT_DIR/new/count"; sleep 60', { checkpoint });
    await cluster.connector.submit(spec);
    const folder = cluster.checkpoints(spec.jobId);
    await until('a file', async () => existsSync(join(folder, 'new', 'count')));
    process.kill(wrapperOf(cluster, spec.token).pid, 'SIGKILL');
    writeFileSync(join(folder, 'new', 'COMPLETE'), '');
    await untilEnded(cluster.connector, spec.token);
    return { spec, folder };
  }

  it('that was complete when its wrapper was killed is sealed afterwards', async () => {
    const cluster = clusters.make();
    const { spec } = await leftComplete(cluster);
    const [sealed] = await cluster.connector.checkpoints(spec.jobId);
    expect(sealed).toMatchObject({ name: 'ckpt-000001', token: spec.token });
    expect(sealed && (await cluster.connector.verifyCheckpoint(spec.jobId, sealed))).toBe(true);
  });

  it('that was being hashed when everything was killed is sealed afterwards', async () => {
    const cluster = clusters.make();
    const { spec, folder } = await leftComplete(cluster);
    renameSync(join(folder, 'new'), join(folder, '.sealing'));
    expect((await cluster.connector.checkpoints(spec.jobId)).map((one) => one.name)).toEqual(['ckpt-000001']);
  });

  it('that was complete when the machine went down is dropped: its files may be empty', async () => {
    const cluster = clusters.make();
    const { spec, folder } = await leftComplete(cluster);
    writeFileSync(join(folder, '.boot'), 'another boot\n');
    expect(await cluster.connector.checkpoints(spec.jobId)).toEqual([]);
    expect(existsSync(join(folder, 'new', 'COMPLETE'))).toBe(false);
  });

  it.each([
    ['a file written after COMPLETE', ': > new/COMPLETE; sleep 0.02; echo late > new/late', 'after COMPLETE'],
    ['a link', 'ln -s /etc/passwd new/link; : > new/COMPLETE', 'only files and folders'],
  ])('with %s is refused, and the program can read why', async (_what, write, why) => {
    const cluster = clusters.make();
    // Stopped, the wrapper cannot look before all of it is written.
    const spec = attemptSpec(
      `cd "$YUSUAN_CHECKPOINT_DIR"; kill -STOP $PPID; echo 1 > new/state; ${write}; kill -CONT $PPID
       while [ ! -e new/REFUSED ]; do sleep 0.05; done; cat new/REFUSED`,
      { checkpoint },
    );
    await cluster.connector.submit(spec);
    expect(await untilEnded(cluster.connector, spec.token)).toMatchObject({ exitCode: 0 });
    expect(await readWholeLog(cluster.connector, spec.token)).toContain(why);
    expect(await cluster.connector.checkpoints(spec.jobId)).toEqual([]);
  });

  it('newer than the one to resume from goes: it belongs to another past', async () => {
    const cluster = clusters.make();
    const jobId = newJobId();
    const spec = attemptSpec(checkpointScript('goOn'), { jobId, checkpoint });
    await cluster.connector.submit(spec);
    await untilLogged(cluster, spec.token, 'ready');
    for (const count of [1, 2]) {
      await cluster.connector.signal(spec.token, 'USR1');
      await until(`${count} sealed`, async () => (await cluster.connector.checkpoints(jobId)).length === count);
    }
    await cluster.connector.cancel(spec.token);
    await untilEnded(cluster.connector, spec.token);
    await cluster.connector.prepareResume(jobId, 'ckpt-000001');
    expect((await cluster.connector.checkpoints(jobId)).map((one) => one.name)).toEqual(['ckpt-000001']);
    await expect(cluster.connector.prepareResume(jobId, 'ckpt-000002')).rejects.toThrow(ConnectorRejectedError);
  });
});

describe.concurrent('the log of a local attempt', () => {
  it('keeps its offsets through rotation, and says where it begins now', async () => {
    const cluster = clusters.make({ logPieceBytes: 1024, logPieces: 2 });
    // 1000 lines of 8 bytes: 7 pieces of 1024 and one of 832.
    const spec = attemptSpec('for i in {1..1000}; do printf "%07d\\n" $i; done');
    await cluster.connector.submit(spec);
    await untilEnded(cluster.connector, spec.token);
    const chunk = await cluster.connector.readLog(spec.token, { offset: 0, limit: 16 });
    expect(chunk).toEqual({ text: '0000769\n0000770\n', offset: 6144, nextOffset: 6160, eof: false });
    const last = await cluster.connector.readLog(spec.token, { offset: 7160, limit: 4096 });
    expect(last).toMatchObject({ offset: 7160, nextOffset: 8000, eof: true });
    expect(last.text.startsWith('0000896\n')).toBe(true);
    expect(last.text.endsWith('0001000\n')).toBe(true);
  });

  it('is nothing but what really lies in its folder', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('echo mine');
    await cluster.connector.submit(spec);
    await untilEnded(cluster.connector, spec.token);
    const log = join(cluster.run(spec.token), 'log');
    rmSync(join(log, '000000'));
    symlinkSync('/etc/passwd', join(log, '000000'));
    expect((await cluster.connector.readLog(spec.token, { offset: 0, limit: 4096 })).text).toBe('');
    rmSync(log, { recursive: true });
    const elsewhere = join(cluster.folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, '000000'), 'secret');
    symlinkSync(elsewhere, log);
    expect((await cluster.connector.readLog(spec.token, { offset: 0, limit: 4096 })).text).toBe('');
  });

  it('is written by the job alone: the broker’s own files are not writable for it', async () => {
    const cluster = clusters.make();
    const spec = attemptSpec('exit 0');
    await cluster.connector.submit(spec);
    await untilEnded(cluster.connector, spec.token);
    const attempt = statSync(join(cluster.folder, 'attempts', spec.token));
    expect(attempt.uid).toBe(process.getuid?.());
    expect(attempt.mode & 0o027).toBe(0);
  });
});
