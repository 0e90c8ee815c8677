import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A PostgreSQL that runs on a folder, as its postmaster.pid tells. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** It takes connections: not starting, recovering or stopping. */
  readonly isReady: boolean;
}

/** The server that runs on `folder`; null where none does, whatever a killed one or a machine's crash left there. */
export function findPostmaster(folder: string): Postmaster | null {
  const lines = readPidFile(folder);
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 0 || !isPostmasterOf(pid, folder)) return null;
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' };
}

/**
 * Removes a postmaster.pid whose number belongs to another process now (the machine crashed, or a container was made
 * anew): PostgreSQL would take that process for itself and refuse to start for ever. One whose process is gone is left
 * to PostgreSQL, which then also looks for sessions that still live.
 */
export function removeStalePidFile(folder: string): void {
  const pid = Number(readPidFile(folder)?.[0]);
  if (Number.isInteger(pid) && pid > 0 && exists(pid) && !isPostmasterOf(pid, folder))
    rmSync(join(folder, 'postmaster.pid'), { force: true });
}

function readPidFile(folder: string): string[] | null {
  try {
    return readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A postmaster works in its data folder from before it writes the pid file until its end; nobody else does. */
function isPostmasterOf(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return exists(pid) && commandOf(pid).includes(folder);
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
