import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPostmaster, removeStalePidFile } from './postmaster.js';

let folder: string;
const file = () => join(folder, 'postmaster.pid');
const write = (pid: number | string) =>
  writeFileSync(file(), `${pid}\n${folder}\n1795400000\n5432\n\n127.0.0.1\n\nready   \n`);

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yusuan-postmaster-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder’s postmaster', () => {
  it('is none where there is no pid file, or an unfinished one', () => {
    expect(findPostmaster(folder)).toBeNull();
    writeFileSync(file(), '');
    expect(findPostmaster(folder)).toBeNull();
    expect(() => removeStalePidFile(folder)).not.toThrow();
  });

  it('is not the process that has its number now: that file is removed', () => {
    write(process.pid);
    expect(findPostmaster(folder)).toBeNull();
    removeStalePidFile(folder);
    expect(existsSync(file())).toBe(false);
  });

  it('is none where its process is gone: that file is left to PostgreSQL', () => {
    write(2 ** 22 + 1);
    expect(findPostmaster(folder)).toBeNull();
    removeStalePidFile(folder);
    expect(existsSync(file())).toBe(true);
  });
});
