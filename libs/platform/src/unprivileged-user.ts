import { readFileSync } from 'node:fs';

export interface UnixUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The first of these users that the machine has. @throws where it has none of them. */
function findUser(names: readonly string[]): UnixUser {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of names) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields) return { name, uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    `running as root needs one of the users ${names.join(', ')} on this machine, for what must not run as root`,
  );
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Whom the embedded database runs as where the broker is root (PostgreSQL refuses root); null where it is not. */
export function databaseUser(): UnixUser | null {
  return isRoot() ? findUser(['postgres', 'daemon']) : null;
}

/** Whom local jobs run as where the broker is root: not the database's user, whose files they must not read. */
export function jobUser(): UnixUser | null {
  return isRoot() ? findUser(['nobody']) : null;
}
