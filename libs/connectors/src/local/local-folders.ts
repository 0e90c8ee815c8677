import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ClusterId, JobId } from '#libs/kernel';
import { firstUnreachable, type UnixUser } from '#libs/platform';
import { ConnectorRejectedError } from '../connectors.errors.js';

const FALLBACK = '/var/lib/yusuan';
/** Passable for the jobs' user, writable for the broker alone. */
const BROKERS_MODE = 0o755;

function makeWay(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: BROKERS_MODE });
  return realpathSync(folder);
}

/**
 * The folder of all local clusters, made where it is not: the one of the cluster's settings, else `local` in the broker's
 * data folder, else, where the jobs' user cannot reach that, one of its own in /var/lib/yusuan.
 * @throws ConnectorRejectedError naming the folder that is in the way
 */
export function localRoot(dataDir: string, configured: string | undefined, user: UnixUser | null): string {
  const wanted = configured ?? join(resolve(dataDir), 'local');
  if (!user || firstUnreachable(wanted, user.uid) === null) return makeWay(wanted);
  const closed = firstUnreachable(wanted, user.uid);
  const fallback = join(FALLBACK, createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12), 'local');
  if (configured === undefined && firstUnreachable(fallback, user.uid) === null) return makeWay(fallback);
  throw new ConnectorRejectedError(
    `local jobs run as user ${user.name}, who cannot reach ${wanted}: ${closed} is closed to others. ` +
      `Set YUSUAN_DATA_DIR (or the cluster's setting root) to a folder that ${user.name} can reach, such as /srv/yusuan`,
    { folder: wanted, closed },
  );
}

/** Where everything of one cluster stands, and whose it is. */
export class LocalFolders {
  /** Absolute, without links. */
  readonly cluster: string;

  constructor(
    root: string,
    clusterId: ClusterId,
    /** Whom jobs run as; null: as the broker itself. */
    readonly user: UnixUser | null,
  ) {
    this.cluster = join(root, clusterId);
    for (const folder of [this.cluster, this.attempts, this.slots, join(this.cluster, 'jobs')]) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, BROKERS_MODE);
    }
  }

  get attempts(): string {
    return join(this.cluster, 'attempts');
  }

  get slots(): string {
    return join(this.cluster, 'slots');
  }

  /** Written by the broker alone: a job could else lead it astray with links. */
  attempt(token: string): string {
    return join(this.attempts, token);
  }

  /** Of an attempt, what its wrapper and its job write. */
  run(token: string): string {
    return join(this.attempt(token), 'run');
  }

  checkpoints(jobId: JobId): string {
    return join(this.cluster, 'jobs', jobId, 'checkpoints');
  }

  /** The token of the job's last attempt here; null where it had none. */
  async readLastAttempt(jobId: JobId): Promise<string | null> {
    return readFile(join(this.cluster, 'jobs', jobId, 'last-attempt'), 'utf8').catch(() => null);
  }

  async writeLastAttempt(jobId: JobId, token: string): Promise<void> {
    const file = join(this.cluster, 'jobs', jobId, 'last-attempt');
    await writeFile(`${file}.aside`, token);
    await rename(`${file}.aside`, file);
  }

  async makeCheckpoints(jobId: JobId): Promise<string> {
    const folder = this.checkpoints(jobId);
    if (await lstat(folder).catch(() => null)) return folder;
    const job = dirname(folder);
    await mkdir(job, { recursive: true });
    // Whatever the broker's umask.
    await chmod(job, BROKERS_MODE);
    // Gets its name when it has its owner.
    const aside = `${folder}.${randomUUID()}`;
    await this.makeForJob(aside);
    await rename(aside, folder);
    return folder;
  }

  /** A folder of the jobs' user. */
  async makeForJob(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.giveToJob(folder);
  }

  async giveToJob(path: string): Promise<void> {
    if (this.user) await chown(path, this.user.uid, this.user.gid);
  }

  /** Readable for the jobs' user, writable for the broker alone. */
  async showToJob(path: string, mode: number): Promise<void> {
    await chmod(path, mode);
    if (this.user) await chown(path, 0, this.user.gid);
  }
}
