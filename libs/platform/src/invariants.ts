import { readFile } from 'node:fs/promises';
import pg from 'pg';

export interface Violation {
  /** The number of the invariant in the design, section 4. */
  readonly invariant: number;
  readonly violation: string;
}

/** Runs migrations/invariants.sql as the owner of the tables: no row, all is well. */
export async function findViolations(ownerUrl: string): Promise<readonly Violation[]> {
  const sql = await readFile(new URL('../../../migrations/invariants.sql', import.meta.url), 'utf8');
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return (await client.query<Violation>(sql)).rows;
  } finally {
    await client.end();
  }
}
