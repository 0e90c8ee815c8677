import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { EpochSeconds } from '#libs/kernel';
import type { AttemptSpec } from '../connector.js';
import { ConnectorUnreachableError } from '../connectors.errors.js';
import {
  CHECKPOINTS_SCRIPT,
  WRAPPER_SCRIPT,
  wrapperEnvironment,
  wrapperSettings,
} from '../wrapper/wrapper-settings.js';
import type { LocalFolders } from './local-folders.js';
import type { LocalSettings } from './local-settings.js';
import { processIdentitySchema, type ProcessIdentity } from './processes.js';
import { readTextInside } from './read-inside.js';

const recordSchema = z.object({
  submittedAt: z.int(),
  nodes: z.int(),
  jobId: z.string(),
  logPieceBytes: z.int(),
});
/** What the broker noted of an attempt when it made its folder. */
export type AttemptRecord = z.infer<typeof recordSchema>;

const exitSchema = z.object({
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  outcome: z.enum(['exited', 'timeLimit', 'cancelled', 'vanished']),
  startedAt: z.int().nullable(),
  endedAt: z.int(),
});
export type AttemptExit = z.infer<typeof exitSchema>;

/** What the wrapper has written of itself so far. */
export interface WrapperTraces {
  readonly exit: AttemptExit | null;
  readonly process: ProcessIdentity | null;
  readonly startedAt: EpochSeconds | null;
  readonly aliveAt: EpochSeconds | null;
}

function parseAs<T>(schema: z.ZodType<T>, text: string | null, file: string): T | null {
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConnectorUnreachableError(`${file} is no JSON: ${String(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConnectorUnreachableError(`${file} is not what a wrapper writes`);
  return parsed.data;
}

/** node's own folder comes last: on many machines it is not in the usual places, and jobs want node too. */
function jobPath(): string {
  const usual = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [...usual, join(process.execPath, '..')].join(':');
}

/** The files of one attempt. */
export class AttemptFolder {
  constructor(
    private readonly folders: LocalFolders,
    readonly token: string,
  ) {}

  get path(): string {
    return this.folders.attempt(this.token);
  }

  get run(): string {
    return this.folders.run(this.token);
  }

  /** Null where there is no such attempt. */
  async readRecord(): Promise<AttemptRecord | null> {
    const file = join(this.path, 'attempt.json');
    try {
      return parseAs(recordSchema, await readFile(file, 'utf8'), file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Appears whole, by a rename. */
  async make(spec: AttemptSpec, settings: LocalSettings, submittedAt: EpochSeconds): Promise<AttemptRecord> {
    const aside = join(this.folders.attempts, `.${this.token}.${randomUUID()}`);
    const record = { submittedAt, nodes: spec.nodes, jobId: spec.jobId, logPieceBytes: settings.logPieceBytes };
    const place = {
      checkpointFolder: await this.folders.makeCheckpoints(spec.jobId),
      path: jobPath(),
      logPieceBytes: settings.logPieceBytes,
      logPieces: settings.logPieces,
    };
    const files: Record<string, string> = {
      'attempt.json': JSON.stringify(record),
      settings: wrapperSettings(spec, place),
      env: wrapperEnvironment(spec.env),
      'script.sh': spec.script,
      'wrapper.sh': WRAPPER_SCRIPT,
      'checkpoints.sh': CHECKPOINTS_SCRIPT,
    };
    await mkdir(aside);
    for (const [name, text] of Object.entries(files)) await this.writeFlushed(join(aside, name), text);
    for (const name of ['run', 'run/log', 'run/output']) await this.folders.makeForJob(join(aside, name));
    await this.folders.showToJob(aside, this.folders.user ? 0o750 : 0o700);
    await rename(aside, this.path);
    return record;
  }

  /** Only of an attempt that never got a wrapper. */
  async remove(): Promise<void> {
    const aside = join(this.folders.attempts, `.${this.token}.${randomUUID()}`);
    await rename(this.path, aside);
    await rm(aside, { recursive: true });
  }

  async readTraces(): Promise<WrapperTraces> {
    const [exit, identity, startedAt, aliveAt] = await Promise.all([
      this.readExit(),
      this.text('pid'),
      this.text('started'),
      this.text('alive'),
    ]);
    return {
      exit,
      process: parseAs(processIdentitySchema, identity, join(this.run, 'pid')),
      startedAt: startedAt === null ? null : Number(startedAt),
      // Rewritten in place, so it may be empty for an instant.
      aliveAt: aliveAt?.trim() ? Number(aliveAt) : null,
    };
  }

  async readExit(): Promise<AttemptExit | null> {
    return parseAs(exitSchema, await this.text('exit.json'), join(this.run, 'exit.json'));
  }

  async readNodeNames(): Promise<string[]> {
    const text = await readFile(join(this.path, 'nodes'), 'utf8').catch(() => '');
    return text.split('\n').filter((name) => name !== '');
  }

  async writeNodeNames(names: readonly string[]): Promise<void> {
    const aside = join(this.path, `.nodes.${randomUUID()}`);
    await writeFile(aside, names.map((name) => `${name}\n`).join(''));
    await rename(aside, join(this.path, 'nodes'));
  }

  async hasFence(): Promise<boolean> {
    return exists(join(this.run, 'fence'));
  }

  async isCancelled(): Promise<boolean> {
    return exists(join(this.path, 'cancel'));
  }

  async cancel(): Promise<void> {
    await writeFile(join(this.path, 'cancel'), '', { flag: constants.O_WRONLY | constants.O_CREAT });
  }

  /**
   * Takes the right to start the script away from the wrapper, for ever. False where the wrapper (or an earlier call) has
   * it already: the one `mkdir` that succeeds decides.
   */
  async forbidStart(): Promise<boolean> {
    await makeOnce(join(this.run, 'fence'));
    return makeOnce(join(this.run, 'fence', 'start'));
  }

  private text(name: string): Promise<string | null> {
    return readTextInside(this.run, join(this.run, name));
  }

  private async writeFlushed(file: string, text: string): Promise<void> {
    const handle = await open(file, 'wx', 0o640);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.folders.showToJob(file, 0o640);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function makeOnce(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o755 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
