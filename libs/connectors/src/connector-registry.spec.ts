import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { asId, type ClusterId } from '#libs/kernel';
import { ConnectorRegistry } from './connector-registry.js';
import { ConnectorRejectedError } from './connectors.errors.js';
import { localRoot } from './local/local-folders.js';
import { attemptSpec } from './testing/attempts.js';
import { checkSpec } from './wrapper/check-spec.js';
import { wrapperEnvironment } from './wrapper/wrapper-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'yusuan-registry-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));
const id = asId<ClusterId>('01890a5d-ac96-774b-bcce-b302099a8057');
const registry = new ConnectorRegistry({ dataDir: folder, jobUser: null, now: () => 0 });
const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 };

describe('the registry of connectors', () => {
  it('makes one connector a cluster, and another once its settings have changed', () => {
    const first = registry.for({ id, connector: 'local', settings: { slots: 2 } });
    expect(registry.for({ id, connector: 'local', settings: { slots: 2 } })).toBe(first);
    expect(registry.for({ id, connector: 'local', settings: { slots: 3 } })).not.toBe(first);
    expect(first.timing()).toEqual({
      marginSeconds: 6,
      leadSeconds: 20,
      graceSeconds: 5,
      pollSeconds: 1,
      startTimeoutSeconds: 30,
    });
  });

  it.each([
    [null, {}, 'has no connector'],
    ['pigeon', {}, "no connector 'pigeon'"],
    ['local', {}, 'slots'],
    ['local', { slots: 0 }, 'slots'],
    ['local', { slots: 1, root: 'here' }, 'root must be an absolute path'],
    ['local', { slots: 1, speed: 2 }, 'speed'],
  ])('refuses connector %s with settings %o', (connector, settings, why) => {
    const make = () => registry.for({ id, connector, settings });
    expect(make).toThrow(ConnectorRejectedError);
    expect(make).toThrow(why);
  });
});

describe('the folder of local clusters', () => {
  it('is in the data folder where the jobs’ user can reach that', () => {
    expect(localRoot(folder, undefined, stranger)).toBe(join(folder, 'local'));
  });

  it('names the folder that shuts the jobs’ user out, and what to do', () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const make = () => localRoot(folder, join(closed, 'jobs'), stranger);
    expect(make).toThrow(ConnectorRejectedError);
    expect(make).toThrow(`${closed} is closed to others`);
    expect(make).toThrow('YUSUAN_DATA_DIR');
  });

  it('is reachable for the broker itself wherever it is', () => {
    const closed = join(folder, 'own');
    mkdirSync(closed, { mode: 0o700 });
    expect(localRoot(folder, join(closed, 'jobs'), null)).toBe(join(closed, 'jobs'));
  });
});

describe('a spec', () => {
  it('passes where the wrapper can run it', () => {
    expect(() => checkSpec(attemptSpec('exit 0', { env: { A_1: 'any\nthing = at all' } }))).not.toThrow();
  });

  it.each([
    [{ token: '../../etc' }, "token '../../etc'"],
    [{ nodes: 0 }, 'nodes is 0'],
    [{ endBy: 1.5 }, 'endBy is 1.5'],
    [{ timeLimitSeconds: Number.NaN }, 'timeLimitSeconds is NaN'],
    [{ env: { 'A B': '1' } }, "'A B' is no name"],
    [{ env: { A: '\0' } }, 'A has a NUL'],
    [{ script: 'echo \0' }, 'the script has a NUL'],
  ])('is refused with %o', (changes, why) => {
    expect(() => checkSpec(attemptSpec('exit 0', changes))).toThrow(why);
  });

  it('gets all its faults told at once', () => {
    expect(() => checkSpec(attemptSpec('', { nodes: -1, fence: -1 }))).toThrow(/nodes is -1.*fence is -1/);
  });

  it('hands its environment over closed by NULs, whatever is in it', () => {
    expect(wrapperEnvironment({ A: '1\n=2', B: '' })).toBe('A=1\n=2\0B=\0');
  });
});
