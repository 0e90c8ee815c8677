import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asId, type TenantId } from '#libs/kernel';
import { FixedClock, testDatabase, type TestDatabase } from '#libs/testing';
import { asTenant, systemContext } from './context.js';
import { IdempotencyStore } from './idempotency.store.js';

const NOON = new Date('2026-11-23T12:00:00Z');
const HOUR = 3600;
const TENANTS = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'];

describe('kept answers', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  it('are forgotten a day later, of every tenant, by the worker, and not before', async () => {
    const clock = new FixedClock(NOON);
    const keep = async (tenant: string, key: string) => {
      const request = { route: 'POST /v1/jobs', key, bodyHash: new Uint8Array(32) };
      const context = asTenant(systemContext('test', key), asId<TenantId>(tenant));
      await new IdempotencyStore(db.app, clock).once(context, request, () =>
        Promise.resolve({ status: 201, location: null, body: {} }),
      );
    };
    for (const tenant of TENANTS) await keep(tenant, 'early');
    clock.advance(HOUR);
    await keep(TENANTS[0] ?? '', 'late');
    const worker = new IdempotencyStore(db.worker, clock);
    clock.advance(22 * HOUR);
    expect(await worker.forgetExpired(systemContext('test', 'tidy'))).toBe(0);
    clock.advance(HOUR);
    expect(await worker.forgetExpired(systemContext('test', 'tidy'))).toBe(2);
    const { rows } = await db.admin.query<{ key: string }>('SELECT key FROM idempotency_key');
    expect(rows).toEqual([{ key: 'late' }]);
  });
});
