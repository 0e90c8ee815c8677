import { readFile, readdir, readlink } from 'node:fs/promises';
import { z } from 'zod';

/**
 * Which process, for ever: a pid is given again, a pid with its start ticks is not before the next boot. Pids count
 * within one namespace (a container).
 */
export const processIdentitySchema = z.object({
  pid: z.int().min(1),
  /** Field 22 of /proc/<pid>/stat. */
  startTicks: z.string(),
  bootId: z.string(),
  namespace: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** State (field 3) and start ticks (field 22) of a process; null where there is none. */
async function readStat(pid: number): Promise<{ state: string; startTicks: string } | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (line === null) return null;
  // The name before the last parenthesis may hold anything.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readStat(pid);
  if (!stat) return null;
  return { pid, startTicks: stat.startTicks, bootId: await bootId(), namespace: await readlink('/proc/self/ns/pid') };
}

/**
 * Whether this very process lives. `unknown` where it was started in another container on this machine since the last
 * boot: its pid means nothing here.
 */
export async function isAlive(identity: ProcessIdentity): Promise<boolean | 'unknown'> {
  if (identity.bootId !== (await bootId())) return false;
  if (identity.namespace !== (await readlink('/proc/self/ns/pid'))) return 'unknown';
  const stat = await readStat(identity.pid);
  return stat !== null && !['Z', 'X'].includes(stat.state) && stat.startTicks === identity.startTicks;
}

/** The processes that have `NAME=value` in their environment. */
export async function findMarkedProcesses(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(mark);
    }),
  );
  return pids.filter((_, index) => marked[index]);
}

/** Sends a signal; a process that is gone already is no fault. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
