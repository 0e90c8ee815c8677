import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './built-broker.js';

/** Of a sealed checkpoint, what is not the program's: the wrapper's, and the empty mark. */
const NOT_OF_THE_PROGRAM = ['MANIFEST.sha256', 'SEAL.json', 'COMPLETE'];

/** examples/moe-lm, where an unprivileged job can read it. */
export class MoeTraining {
  readonly env: Record<string, string>;
  private readonly node: string;
  private readonly program: string;

  constructor(
    private readonly folder: string,
    readonly steps: number,
  ) {
    cpSync(join(ROOT, 'examples/moe-lm'), join(folder, 'moe-lm'), { recursive: true });
    this.program = join(folder, 'moe-lm', 'train.mjs');
    this.node = openNode(folder);
    this.env = { MOE_STEPS: String(steps), MOE_SEED: '11', MOE_KEEP_FINAL: '1' };
  }

  get script(): string {
    return `#!/bin/bash\nexec ${this.node} ${this.program}\n`;
  }

  /** Without a broker and without a break. Answers the hashes of its final checkpoint. */
  async runThrough(): Promise<Record<string, string>> {
    const checkpoints = join(this.folder, 'uninterrupted');
    mkdirSync(checkpoints);
    const env = { PATH: process.env.PATH, ...this.env, YUSUAN_CHECKPOINT_DIR: checkpoints };
    const child = spawn(this.node, [this.program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`the uninterrupted training exited with ${code}: ${errors}`);
    return checkpointHashes(join(checkpoints, 'new'));
  }
}

/** SHA-256 by file of what the program wrote into a checkpoint: weights, optimizer, random state, order and place in the data. */
export function checkpointHashes(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !NOT_OF_THE_PROGRAM.includes(name));
  return Object.fromEntries(
    names.toSorted().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** Node itself may lie in somebody's home. */
function openNode(folder: string): string {
  const folders = [];
  for (let at = dirname(process.execPath); at !== dirname(at); at = dirname(at)) folders.push(at);
  if (folders.every((one) => (statSync(one).mode & 0o001) !== 0)) return process.execPath;
  const copy = join(folder, 'node');
  copyFileSync(process.execPath, copy);
  chmodSync(copy, 0o755);
  return copy;
}
