import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '#libs/testing';

/** Tables that hold a tenant's rows and could be read past its key. */
const UNGUARDED = `
  SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relkind = 'r'
    AND (c.relname = 'tenant' OR EXISTS (
      SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
    AND (NOT c.relrowsecurity OR (
      SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid
        AND p.polname IN ('app_select', 'app_update', 'app_delete', 'app_insert', 'worker_all')) < 5)`;

describe('the schema', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  const unguarded = async () => (await db.admin.query<{ name: string }>(UNGUARDED)).rows.map((row) => row.name);

  it('has its policies on every table that has a tenant', async () => {
    expect(await unguarded()).toEqual([]);
  });

  it('would not let a table without them pass', async () => {
    await db.admin.query('CREATE TABLE planted (tenant_id uuid, secret text)');
    expect(await unguarded()).toEqual(['planted']);
    await db.admin.query('ALTER TABLE planted ENABLE ROW LEVEL SECURITY');
    expect(await unguarded()).toEqual(['planted']);
    await db.admin.query('DROP TABLE planted');
  });

  it('is owned by the role that migrates, and neither process’s role passes the policies', async () => {
    const { rows } = await db.admin.query(`
      SELECT rolname FROM pg_roles WHERE rolname IN ('yusuan_app', 'yusuan_worker') AND (rolsuper OR rolbypassrls OR rolcreaterole)`);
    expect(rows).toEqual([]);
    const owned = await db.admin.query(`
      SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
      WHERE c.relnamespace = 'public'::regnamespace AND r.rolname IN ('yusuan_app', 'yusuan_worker')`);
    expect(owned.rows).toEqual([]);
  });
});
