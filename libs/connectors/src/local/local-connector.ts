import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { asId, type EpochSeconds, type JobId } from '#libs/kernel';
import {
  type AttemptSpec,
  type CheckpointRef,
  Connector,
  type ConnectorTiming,
  type LogChunk,
  type ObservedAttempt,
  type ProgressLine,
  type SealedCheckpoint,
  type SignalName,
  type Submission,
} from '../connector.js';
import { ConnectorRejectedError, ConnectorUnreachableError } from '../connectors.errors.js';
import { checkSpec, isToken } from '../wrapper/check-spec.js';
import { AttemptFolder, type AttemptRecord } from './attempt-folder.js';
import { readLogRange, readProgressLines } from './attempt-log.js';
import { CheckpointFolder } from './checkpoint-folder.js';
import type { LocalFolders } from './local-folders.js';
import type { LocalSettings } from './local-settings.js';
import { AttemptObserver } from './observe-attempt.js';
import { findMarkedProcesses, sendSignal } from './processes.js';
import { Slots } from './slots.js';

/** Attempts as processes of this machine, a slot a node. They outlive the broker; its files are all it needs to find them. */
export class LocalConnector extends Connector {
  readonly kind = 'local';
  private readonly slots: Slots;
  private readonly observer: AttemptObserver;
  /** Submissions go one by one: between the look at the slots and the take nobody else's may come. */
  private submitting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly folders: LocalFolders,
    private readonly settings: LocalSettings,
    private readonly now: () => EpochSeconds,
  ) {
    super();
    this.slots = new Slots(folders.slots, settings.slots);
    this.observer = new AttemptObserver(this.slots, folders.user, settings.startTimeoutSeconds, now);
  }

  timing(): ConnectorTiming {
    const { pollSeconds, graceSeconds, leadSeconds, startTimeoutSeconds } = this.settings;
    const marginSeconds = Math.ceil(pollSeconds + graceSeconds);
    return { marginSeconds, leadSeconds, graceSeconds, pollSeconds, startTimeoutSeconds };
  }

  submit(spec: AttemptSpec): Promise<Submission> {
    const submission = this.submitting.then(() => this.submitNow(spec));
    this.submitting = submission.catch(() => undefined);
    return submission;
  }

  async find(token: string): Promise<ObservedAttempt | null> {
    const observed = await this.observe(token);
    if (observed) return observed;
    const strays = await findMarkedProcesses(`YUSUAN_ATTEMPT=${token}`);
    if (strays.length === 0) return null;
    throw new ConnectorUnreachableError(`the folder of attempt ${token} is gone, its processes are not`, {
      token,
      strays,
    });
  }

  async list(tokens: readonly string[]): Promise<ObservedAttempt[]> {
    const observed: ObservedAttempt[] = [];
    for (const token of tokens) {
      const one = await this.observe(token);
      if (one) observed.push(one);
    }
    return observed;
  }

  async signal(externalId: string, signal: SignalName): Promise<void> {
    const attempt = this.attempt(externalId);
    if ((await this.observe(externalId))?.state !== 'running') return;
    const { process: wrapper, exit } = await attempt.readTraces();
    if (wrapper && !exit) sendSignal(wrapper.pid, `SIG${signal}`);
  }

  async cancel(externalId: string): Promise<void> {
    const observed = await this.observe(externalId);
    if (observed && observed.state !== 'ended') await this.attempt(externalId).cancel();
  }

  async readLog(token: string, range: { offset: number; limit: number }): Promise<LogChunk> {
    const { attempt, record } = await this.known(token);
    // Asked first: an end after the reading would cut off what came between.
    const hasEnded = (await this.observe(token))?.state === 'ended';
    return readLogRange({ run: attempt.run, pieceBytes: record.logPieceBytes }, { ...range, hasEnded });
  }

  async readProgress(token: string, offset: number): Promise<{ lines: ProgressLine[]; nextOffset: number }> {
    const { attempt } = await this.known(token);
    return readProgressLines(attempt.run, offset);
  }

  async checkpoints(jobId: JobId): Promise<SealedCheckpoint[]> {
    await this.recoverCheckpoints(jobId);
    return this.checkpointFolder(jobId).list();
  }

  async verifyCheckpoint(jobId: JobId, checkpoint: CheckpointRef): Promise<boolean> {
    return this.checkpointFolder(jobId).verify(checkpoint);
  }

  async exportCheckpoint(jobId: JobId, name: string): Promise<Readable> {
    return this.checkpointFolder(jobId).export(name);
  }

  async importCheckpoint(jobId: JobId, checkpoint: CheckpointRef, from: Connector): Promise<void> {
    await this.folders.makeCheckpoints(jobId);
    await this.checkpointFolder(jobId).import(checkpoint, () => from.exportCheckpoint(jobId, checkpoint.name));
  }

  async prepareResume(jobId: JobId, name: string | null): Promise<void> {
    await this.folders.makeCheckpoints(jobId);
    await this.checkpointFolder(jobId).resume(name);
  }

  async close(): Promise<void> {
    await this.submitting;
  }

  private async submitNow(spec: AttemptSpec): Promise<Submission> {
    checkSpec(spec);
    const attempt = this.attempt(spec.token);
    const known = await attempt.readRecord();
    // Without a fence no wrapper ever came so far: the broker died between folder and start. The fence keeps it at one.
    if (known && (await attempt.hasFence())) return { externalId: spec.token, submittedAt: known.submittedAt };
    if (!known) await this.recoverCheckpoints(spec.jobId);
    const record = known ?? (await attempt.make(spec, this.settings, this.now()));
    await this.folders.writeLastAttempt(spec.jobId, spec.token);
    await this.startOnSlots(attempt, spec.nodes);
    return { externalId: spec.token, submittedAt: record.submittedAt };
  }

  private async startOnSlots(attempt: AttemptFolder, nodes: number): Promise<void> {
    try {
      await this.freeSlots();
      await attempt.writeNodeNames(await this.slots.take(attempt.token, nodes));
      await this.start(attempt);
    } catch (error) {
      // Where another broker has started it, it runs, and the refusal was none.
      if (!(await attempt.forbidStart())) return;
      await this.slots.release(attempt.token);
      await attempt.remove();
      throw error;
    }
  }

  /** Those of attempts that ended while nobody looked. */
  private async freeSlots(): Promise<void> {
    for (const token of await this.slots.holders())
      if ((await this.observe(token)) === null) await this.slots.release(token);
  }

  /** In a session of its own, with nothing of the broker's: neither environment nor open files. */
  private async start(attempt: AttemptFolder): Promise<void> {
    const { user } = this.folders;
    const log = await open(
      join(attempt.path, 'wrapper.log'),
      constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
      0o600,
    );
    try {
      const child = spawn('bash', [join(attempt.path, 'wrapper.sh'), attempt.path], {
        cwd: attempt.run,
        detached: true,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
        stdio: ['ignore', log.fd, log.fd],
        ...(user ? { uid: user.uid, gid: user.gid } : {}),
      });
      await new Promise<void>((done, fail) => child.once('spawn', done).once('error', fail));
      child.unref();
    } catch (error) {
      throw new ConnectorRejectedError(`the wrapper did not start: ${String(error)}`, { token: attempt.token });
    } finally {
      await log.close();
    }
  }

  private async observe(token: string): Promise<ObservedAttempt | null> {
    return this.observer.observe(this.attempt(token));
  }

  /** What a killed wrapper left complete, sealed; but never under a living one's hands. */
  private async recoverCheckpoints(jobId: JobId): Promise<void> {
    const token = await this.folders.readLastAttempt(jobId);
    if (token === null || !(await this.checkpointFolder(jobId).hasUnsealed())) return;
    const observed = await this.observe(token);
    if (observed === null || observed.state === 'ended') await this.checkpointFolder(jobId).recover(token);
  }

  private attempt(token: string): AttemptFolder {
    if (!isToken(token)) throw new ConnectorRejectedError(`'${token}' is no token of an attempt`, { token });
    return new AttemptFolder(this.folders, token);
  }

  private async known(token: string): Promise<{ attempt: AttemptFolder; record: AttemptRecord }> {
    const attempt = this.attempt(token);
    const record = await attempt.readRecord();
    if (!record) throw new ConnectorRejectedError(`there is no attempt ${token} on this cluster`, { token });
    return { attempt, record };
  }

  private checkpointFolder(jobId: JobId): CheckpointFolder {
    return new CheckpointFolder(this.folders.checkpoints(asId<JobId>(jobId)), this.folders.user);
  }
}
