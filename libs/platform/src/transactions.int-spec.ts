import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asId, type TenantId } from '#libs/kernel';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { asTenant, systemContext } from './context.js';
import { afterCommit, execute, isConstraintViolation, query } from './transactions.js';

const OURS = asId<TenantId>('00000000-0000-7000-8000-000000000001');
const THEIRS = asId<TenantId>('00000000-0000-7000-8000-000000000002');
const nobody = systemContext('test', 'request-1');

describe('a transaction', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
    await db.admin.query(
      `INSERT INTO tenant VALUES ($1, 'ours', 'Ours', 'customer', now()), ($2, 'theirs', 'Theirs', 'customer', now())`,
      [OURS, THEIRS],
    );
  });
  afterAll(() => db.close());

  it('sees the tenant of its scope and no other', async () => {
    const seen = await db.app.run(asTenant(nobody, OURS), (ctx) => query<{ id: string }>(ctx, 'SELECT id FROM tenant'));
    expect(seen.map((row) => row.id)).toEqual([OURS]);
  });

  it('sees nothing without a tenant, also on a connection that served one before', async () => {
    for (let round = 0; round < 20; round++) {
      await db.app.run(asTenant(nobody, OURS), (ctx) => query(ctx, 'SELECT 1'));
      expect(await db.app.run(nobody, (ctx) => query(ctx, 'SELECT id FROM tenant'))).toEqual([]);
    }
  });

  it('may not insert for a tenant that it does not name', async () => {
    const insert = db.app.run(asTenant(nobody, OURS), (ctx) =>
      query(ctx, `INSERT INTO project VALUES ('00000000-0000-7000-8000-000000000009', $1, 'p', 'P', now())`, [THEIRS]),
    );
    await expect(insert).rejects.toThrow(/row-level security/);
  });

  it('answers zero where it may not see the row that it would change', async () => {
    const changed = await db.app.run(asTenant(nobody, OURS), (ctx) =>
      execute(ctx, `UPDATE tenant SET name = 'x' WHERE id = $1`, [THEIRS]),
    );
    expect(changed).toBe(0);
  });

  it('is joined by a nested run, and undone as a whole', async () => {
    const context = asTenant(nobody, OURS);
    const failing = db.app.run(context, async (outer) => {
      await db.app.run(outer, (ctx) => execute(ctx, `UPDATE tenant SET name = 'changed' WHERE id = $1`, [OURS]));
      throw new Error('undo');
    });
    await expect(failing).rejects.toThrow('undo');
    const [row] = await db.app.run(context, (ctx) => query<{ name: string }>(ctx, 'SELECT name FROM tenant'));
    expect(row?.name).toBe('Ours');
  });

  it('runs what waits for the commit after it, and never after a rollback', async () => {
    const rung: string[] = [];
    await db.app.run(nobody, (ctx) => {
      afterCommit(ctx, () => rung.push('committed'));
      return Promise.resolve();
    });
    const failing = db.app.run(nobody, (ctx) => {
      afterCommit(ctx, () => rung.push('rolled back'));
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect(rung).toEqual(['committed']);
  });

  it('runs again after a deadlock, since everything was undone', async () => {
    const lockBoth = (first: TenantId, second: TenantId) =>
      db.worker.run(nobody, async (ctx) => {
        await query(ctx, 'SELECT pg_advisory_xact_lock(hashtext($1))', [first]);
        await query(ctx, 'SELECT pg_sleep(0.2)');
        await query(ctx, 'SELECT pg_advisory_xact_lock(hashtext($1))', [second]);
        return 'done';
      });
    expect(await Promise.all([lockBoth(OURS, THEIRS), lockBoth(THEIRS, OURS)])).toEqual(['done', 'done']);
  });

  it('tells a refused constraint by its name', async () => {
    const twice = db.admin.query(`INSERT INTO tenant VALUES (gen_random_uuid(), 'ours', 'Again', 'customer', now())`);
    await expect(twice).rejects.toThrow(/tenant_code_key/);
    const refused = await db.app
      .run({ ...nobody, scope: { ...nobody.scope, writeTenantIds: [OURS] } }, (ctx) =>
        query(ctx, `INSERT INTO tenant VALUES ($1, 'new', 'New', 'customer', now())`, [OURS]),
      )
      .catch((error: unknown) => error);
    expect(isConstraintViolation(refused, 'tenant_pkey')).toBe(true);
    expect(isConstraintViolation(refused, 'tenant_code_key')).toBe(false);
  });
});
