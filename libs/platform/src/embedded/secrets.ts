import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made once in the data folder and readable by the broker's user only. */
export interface BrokerSecrets {
  readonly superuser: string;
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
  /** 32 bytes in hexadecimal: encrypts connector secrets. */
  readonly secretKey: string;
}

/** Reads the folder's secrets, or makes them. Two brokers that start at once agree: the first link wins. */
export function brokerSecrets(dataDir: string): BrokerSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const file = join(dataDir, 'secrets.json');
  const known = readSecrets(file);
  if (known) return known;
  const password = () => randomBytes(24).toString('base64url');
  const made: BrokerSecrets = {
    superuser: password(),
    owner: password(),
    app: password(),
    worker: password(),
    secretKey: randomBytes(32).toString('hex'),
  };
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(made), { mode: 0o600, flush: true });
  try {
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside);
  }
  return readSecrets(file)!;
}

function readSecrets(file: string): BrokerSecrets | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as BrokerSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
