import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';

/** Made once in the data folder and readable by the broker's user only. */
export interface BrokerSecrets {
  readonly superuser: string;
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
  /** 32 bytes in hexadecimal: encrypts connector secrets. */
  readonly secretKey: string;
}

/**
 * Reads the folder's secrets, or makes them. Two brokers that start at once agree: the first link wins.
 * @throws EmbeddedPostgresError where the folder cannot be made or is not this user's
 */
export function brokerSecrets(dataDir: string): BrokerSecrets {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    const file = join(dataDir, 'secrets.json');
    return readSecrets(file) ?? makeSecrets(file);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(`the data folder ${dataDir} cannot be used: ${(error as Error).message}`);
  }
}

function makeSecrets(file: string): BrokerSecrets {
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
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readSecrets(file) ?? made;
  } finally {
    rmSync(aside);
  }
}

function readSecrets(file: string): BrokerSecrets | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as BrokerSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (!(error instanceof SyntaxError)) throw error;
    throw new EmbeddedPostgresError(`${file} is damaged: put back the file that was made with this database`);
  }
}
