import pg from 'pg';
import { StartError } from './run-process.js';

const CONNECT_MS_MAX = 10_000;

/** Why a database could not be used, in its own words; without them for a host of several addresses, which gives only a code. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message ? message : (code ?? String(error));
}

/** @throws StartError naming the `variable` whose database does not let us in */
export async function refuseUnreachable(variable: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS_MAX });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new StartError(`the database of ${variable} cannot be reached: ${reasonOf(error)}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
