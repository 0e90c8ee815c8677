import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { UnixUser } from '#libs/platform';
import type { CheckpointRef, SealedCheckpoint } from '../connector.js';
import { ConnectorRejectedError } from '../connectors.errors.js';
import { CHECKPOINTS_SCRIPT } from '../wrapper/wrapper-settings.js';
import { readInside } from './read-inside.js';

const NAME = /^ckpt-\d{6}$/;
const MANIFEST_BYTES_MAX = 1 << 28;
const MISMATCH_EXIT = 1;

const sealSchema = z.object({ token: z.string(), sealedAt: z.int(), bytes: z.number() });

/**
 * A job's checkpoints on one cluster. Everything but reading is done by the script that the wrapper seals with, as the
 * jobs' user: the broker may be root and must not follow where a job's links lead.
 */
export class CheckpointFolder {
  constructor(
    private readonly path: string,
    private readonly user: UnixUser | null,
  ) {}

  async list(): Promise<SealedCheckpoint[]> {
    const names = await readdir(this.path).catch(() => []);
    const sealed = await Promise.all(names.filter((name) => NAME.test(name)).map((name) => this.read(name)));
    return sealed.filter((one) => one !== null).sort((a, b) => (a.name < b.name ? 1 : -1));
  }

  /** Something is complete that no wrapper has sealed (yet). */
  async hasUnsealed(): Promise<boolean> {
    const marks = await Promise.all(
      ['new/COMPLETE', '.sealing'].map((mark) => lstat(join(this.path, mark)).catch(() => null)),
    );
    return marks.some((mark) => mark !== null);
  }

  async recover(token: string): Promise<void> {
    // Refused, or failed for now: what is sealed stands either way.
    await this.run('recover', token);
  }

  async verify(checkpoint: CheckpointRef): Promise<boolean> {
    if ((await this.read(checkpoint.name))?.manifestSha256 !== checkpoint.manifestSha256) return false;
    return (await this.run('verify', checkpoint.name)).code === 0;
  }

  async export(name: string): Promise<Readable> {
    if (!(await this.read(name))) throw new ConnectorRejectedError(`there is no checkpoint ${name}`, { name });
    const child = this.spawn('export', name);
    const errors = collect(child.stderr);
    const tar = new PassThrough();
    child.on('error', (error) => tar.destroy(error));
    // `end: false`: a tar that broke off must not look like a whole one.
    child.stdout.pipe(tar, { end: false });
    child.on('close', (code) => {
      if (code === 0) tar.end();
      else void errors.then((text) => tar.destroy(new Error(`checkpoint ${name} could not be read: ${text}`)));
    });
    tar.on('close', () => child.kill());
    return tar;
  }

  /** @throws ConnectorRejectedError where what comes is not what the manifest, or the reference, says */
  async import(checkpoint: CheckpointRef, tar: () => Promise<Readable>): Promise<void> {
    if (await this.verify(checkpoint)) return;
    const { code, errors } = await this.run('import', checkpoint.name, await tar());
    if (code !== 0 && code !== MISMATCH_EXIT) throw new Error(`checkpoint ${checkpoint.name} not copied: ${errors}`);
    const arrived = code === 0 ? await this.read(checkpoint.name) : null;
    if (arrived?.manifestSha256 !== checkpoint.manifestSha256)
      throw new ConnectorRejectedError(`checkpoint ${checkpoint.name} did not arrive as it was sealed`, {
        ...checkpoint,
      });
  }

  async resume(name: string | null): Promise<void> {
    const { code, errors } = await this.run('resume', name ?? '');
    if (code !== 0)
      throw new ConnectorRejectedError(`there is no checkpoint ${name} to resume from ${errors}`.trim(), { name });
  }

  private async read(name: string): Promise<SealedCheckpoint | null> {
    if (!NAME.test(name)) return null;
    const folder = join(this.path, name);
    const manifest = await this.readFile(join(folder, 'MANIFEST.sha256'));
    const seal = await this.readFile(join(folder, 'SEAL.json'));
    if (!manifest || !seal) return null;
    const parsed = sealSchema.safeParse(parseJson(seal.toString('utf8')));
    if (!parsed.success) return null;
    return { name, manifestSha256: createHash('sha256').update(manifest).digest('hex'), ...parsed.data };
  }

  private async readFile(path: string): Promise<Buffer | null> {
    const chunks: Buffer[] = [];
    const length = 1 << 16;
    for (let offset = 0; offset < MANIFEST_BYTES_MAX; offset += length) {
      const chunk = await readInside(this.path, path, { offset, length });
      if (!chunk) return null;
      chunks.push(chunk);
      if (chunk.length < length) return Buffer.concat(chunks);
    }
    return null;
  }

  private async run(command: string, argument: string, input?: Readable): Promise<{ code: number; errors: string }> {
    const child = this.spawn(command, argument);
    child.stdout.resume();
    const errors = collect(child.stderr);
    const ended = new Promise<number>((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => done(code ?? -1));
    });
    const fed = input ? pipeline(input, child.stdin) : Promise.resolve(child.stdin.end());
    // What was wrong with the stream counts more than how the script took its end.
    const [feeding, ending] = await Promise.allSettled([fed, ended]);
    if (ending.status === 'rejected') throw ending.reason;
    if (feeding.status === 'rejected' && ending.value !== MISMATCH_EXIT) throw feeding.reason;
    return { code: ending.value, errors: await errors };
  }

  private spawn(command: string, argument: string): ChildProcessWithoutNullStreams {
    return spawn('bash', ['-c', CHECKPOINTS_SCRIPT, 'checkpoints.sh', command, this.path, argument], {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(this.user ? { uid: this.user.uid, gid: this.user.gid } : {}),
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function collect(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text = (text + String(chunk)).slice(-2000);
  return text.trim();
}
