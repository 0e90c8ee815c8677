import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint, waitUntilCollected, writeCheckpoint } from './checkpoint.mjs';

const FILES = ['weights.bin', 'order.bin', 'checkpoint.json'];
const MODULE = pathToFileURL(join(import.meta.dirname, 'checkpoint.mjs')).href;

const state = (value: number) => ({
  header: { step: value },
  arrays: { weights: new Float32Array(3000).fill(value), order: new Uint32Array(5).fill(value) },
});

/** Writes a checkpoint in a process of its own, which kills itself with SIGKILL once `lastFile` is written. */
function writeAndDie(folder: string, lastFile: string) {
  const program = `
    import { writeCheckpoint } from ${JSON.stringify(MODULE)};
    const arrays = { weights: new Float32Array(3000).fill(9), order: new Uint32Array(5).fill(9) };
    const dieAfter = (name) => { if (name === ${JSON.stringify(lastFile)}) process.kill(process.pid, 'SIGKILL'); };
    writeCheckpoint(${JSON.stringify(folder)}, { header: { step: 9 }, arrays }, dieAfter);`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program]).signal;
}

describe('a checkpoint', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'moe-checkpoint-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('comes back as it was written', () => {
    writeCheckpoint(folder, state(3));
    expect(readdirSync(join(folder, 'new')).sort()).toEqual([...FILES, 'COMPLETE'].sort());
    const arrays = state(0).arrays;
    expect(readCheckpoint(join(folder, 'new'), arrays)).toEqual({ step: 3 });
    expect(arrays).toEqual(state(3).arrays);
  });

  it.each(FILES)(
    'is never complete when its writer is killed after %s, and the next writer starts afresh',
    (lastFile) => {
      writeCheckpoint(folder, state(1));
      expect(writeAndDie(folder, lastFile)).toBe('SIGKILL');
      expect(existsSync(join(folder, 'new', lastFile))).toBe(true);
      expect(existsSync(join(folder, 'new', 'COMPLETE'))).toBe(false);
      writeCheckpoint(folder, state(2));
      expect(existsSync(join(folder, 'new', 'COMPLETE'))).toBe(true);
      expect(readCheckpoint(join(folder, 'new'), state(0).arrays)).toEqual({ step: 2 });
      expect(readdirSync(folder)).toEqual(['new']);
    },
  );

  it('is refused, and nothing is loaded, when a byte was altered or lost', () => {
    writeCheckpoint(folder, state(3));
    const file = join(folder, 'new', 'order.bin');
    const bytes = readFileSync(file);
    const arrays = state(0).arrays;
    writeFileSync(file, bytes.with(7, 255));
    expect(() => readCheckpoint(join(folder, 'new'), arrays)).toThrow('order.bin does not match its SHA-256');
    writeFileSync(file, bytes.subarray(1));
    expect(() => readCheckpoint(join(folder, 'new'), arrays)).toThrow('order.bin has 19 bytes, not 20');
    expect(arrays).toEqual(state(0).arrays);
  });

  it('waits for the last one to be collected, but not for ever', async () => {
    writeCheckpoint(folder, state(3));
    const uncollected = Date.now();
    await waitUntilCollected(folder, 0.1);
    expect(Date.now() - uncollected).toBeGreaterThanOrEqual(90);
    setTimeout(() => rmSync(join(folder, 'new', 'COMPLETE')), 30);
    const collected = Date.now();
    await waitUntilCollected(folder, 20);
    expect(Date.now() - collected).toBeLessThan(10_000);
  });
});
