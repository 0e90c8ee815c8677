import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { EpochSeconds } from '#libs/kernel';
import type { UnixUser } from '#libs/platform';
import type { AttemptOutcome, ObservedAttempt } from '../connector.js';
import type { AttemptExit, AttemptFolder, AttemptRecord, WrapperTraces } from './attempt-folder.js';
import { findMarkedProcesses, isAlive, type ProcessIdentity, sendSignal } from './processes.js';
import type { Slots } from './slots.js';

type WithoutNames = Omit<ObservedAttempt, 'token' | 'externalId' | 'nodeNames'>;

const QUEUED: WithoutNames = {
  state: 'queued',
  startedAt: null,
  endedAt: null,
  exitCode: null,
  exitSignal: null,
  outcome: null,
  proof: null,
};

/**
 * What became of an attempt: its exit file says it; else its wrapper lives; else nothing of it lives, which on one's own
 * machine is proof. Frees the slots of what has ended.
 */
export class AttemptObserver {
  constructor(
    private readonly slots: Slots,
    private readonly user: UnixUser | null,
    private readonly startTimeoutSeconds: number,
    private readonly now: () => EpochSeconds,
  ) {}

  /** Null where there is no such attempt. */
  async observe(attempt: AttemptFolder): Promise<ObservedAttempt | null> {
    const record = await attempt.readRecord();
    if (!record) return null;
    const seen = await this.look(attempt, record);
    const nodeNames = await attempt.readNodeNames();
    if (seen.state === 'ended') await this.slots.release(attempt.token);
    return { token: attempt.token, externalId: attempt.token, nodeNames, ...seen };
  }

  private async look(attempt: AttemptFolder, record: AttemptRecord): Promise<WithoutNames> {
    const traces = await attempt.readTraces();
    if (traces.exit) return fromExit(traces.exit);
    if (!traces.process) return this.lookWithoutProcess(attempt, record);
    if (await this.lives(attempt, traces.process))
      return { ...QUEUED, state: traces.startedAt === null ? 'queued' : 'running', startedAt: traces.startedAt };
    return this.lookAtDead(attempt, record);
  }

  /** No wrapper has shown itself. It may be about to; once it has had its time the start is forbidden, which makes it certain. */
  private async lookWithoutProcess(attempt: AttemptFolder, record: AttemptRecord): Promise<WithoutNames> {
    const isCancelled = await attempt.isCancelled();
    if (!isCancelled && this.now() < record.submittedAt + this.startTimeoutSeconds) return QUEUED;
    await attempt.forbidStart();
    const { process } = await attempt.readTraces();
    if (process) return QUEUED;
    return vanished(record, null, isCancelled ? 'cancelled' : 'vanished');
  }

  private async lookAtDead(attempt: AttemptFolder, record: AttemptRecord): Promise<WithoutNames> {
    // Read after the death was seen: the exit file is the wrapper's last act.
    const traces = await attempt.readTraces();
    if (traces.exit) return fromExit(traces.exit);
    const orphans = await findMarkedProcesses(`YUSUAN_ATTEMPT=${attempt.token}`);
    if (orphans.length === 0) return vanished(record, traces, 'vanished');
    // Nobody ends them in time or learns how they ended. The wrapper's guard kills them too, unless it was killed itself.
    for (const pid of orphans) sendSignal(pid, 'SIGKILL');
    return { ...QUEUED, state: 'running', startedAt: traces.startedAt };
  }

  private async lives(attempt: AttemptFolder, identity: ProcessIdentity): Promise<boolean> {
    const alive = await isAlive(identity);
    return alive === 'unknown' ? this.isLocked(join(attempt.run, 'lock')) : alive;
  }

  /** The kernel drops the wrapper's lock with the wrapper, also in another container. */
  private isLocked(file: string): Promise<boolean> {
    const as = this.user ? { uid: this.user.uid, gid: this.user.gid } : {};
    return new Promise((done) => {
      execFile('bash', ['-c', 'flock -n "$1" true', 'bash', file], { cwd: '/', ...as }, (error) =>
        done(error !== null),
      );
    });
  }
}

function fromExit(exit: AttemptExit): WithoutNames {
  return {
    state: 'ended',
    startedAt: exit.startedAt,
    endedAt: exit.endedAt,
    exitCode: exit.exitCode,
    exitSignal: exit.signal,
    outcome: exit.outcome,
    proof: 'exitFile',
  };
}

function vanished(record: AttemptRecord, traces: WrapperTraces | null, outcome: AttemptOutcome): WithoutNames {
  const startedAt = traces?.startedAt ?? null;
  const endedAt = startedAt === null ? record.submittedAt : Math.max(startedAt, traces?.aliveAt ?? startedAt);
  return { ...QUEUED, state: 'ended', startedAt, endedAt, outcome, proof: 'processGone' };
}
