import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiHarness } from './testing/api-harness.js';
import { jobBody, makeCenter, makeDeviceKind, makeTenant, type TenantWorld } from './testing/world.js';

let api: ApiHarness;
let alpha: TenantWorld;
let beta: TenantWorld;

beforeAll(async () => {
  api = await ApiHarness.start();
  await makeDeviceKind(api);
  await makeCenter(api, 'first');
  alpha = await makeTenant(api, 'alpha');
  beta = await makeTenant(api, 'beta');
});
afterAll(() => api.stop());

const submit = (key: string, idempotencyKey: string, body: unknown = jobBody()) =>
  api.call('POST', '/v1/jobs', { key, body, headers: { 'idempotency-key': idempotencyKey } });

async function countOf(sql: string, parameters: unknown[] = []): Promise<number> {
  const { rows } = await api.database.admin.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, parameters);
  return Number(rows[0]?.n);
}

describe('an Idempotency-Key', () => {
  it('makes one job of twenty equal submissions at once', async () => {
    const before = await countOf('job');
    const body = jobBody();
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(alpha.keys.submitter, 'twenty', body)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(201));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.headers.get('location'))).size).toBe(1);
    const replayed = answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(19);
    expect((await countOf('job')) - before).toBe(1);
  });

  it('answers a repetition with the same status, id and location, however its fields are ordered', async () => {
    const body = jobBody();
    const first = await submit(alpha.keys.submitter, 'ordered', body);
    const reordered = Object.fromEntries(Object.entries(body).reverse());
    const second = await submit(alpha.keys.submitter, 'ordered', reordered);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.status).toBe(first.status);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.body).toEqual(first.body);
  });

  it('refuses another body under the same key, and keeps nothing of it', async () => {
    const first = await submit(alpha.keys.submitter, 'reused');
    const before = await countOf('job');
    const second = await submit(alpha.keys.submitter, 'reused', { ...jobBody(), name: 'another' });
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    expect(await countOf('job')).toBe(before);
  });

  it('is free again after an answer that was an error', async () => {
    const refused = await submit(alpha.keys.submitter, 'corrected', { ...jobBody(), project: 'none' });
    expect(refused.status).toBe(422);
    const accepted = await submit(alpha.keys.submitter, 'corrected');
    expect(accepted.status).toBe(201);
    expect(accepted.headers.get('idempotency-replayed')).toBeNull();
  });

  it('belongs to its tenant: the same key of two tenants makes two jobs', async () => {
    const body = jobBody();
    const first = await submit(alpha.keys.submitter, 'shared', body);
    const second = await submit(beta.keys.submitter, 'shared', body);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.id).not.toBe(first.body.id);
    expect(second.headers.get('idempotency-replayed')).toBeNull();
  });

  it('belongs to its route: the same key makes a project and a job', async () => {
    const headers = { 'idempotency-key': 'routes' };
    const body = { code: 'routes', name: 'Routes' };
    const made = await api.call('POST', '/v1/projects', { key: alpha.keys.owner, body, headers });
    const replayed = await api.call('POST', '/v1/projects', { key: alpha.keys.owner, body, headers });
    expect((await submit(alpha.keys.submitter, 'routes')).headers.get('idempotency-replayed')).toBeNull();
    expect([made.status, replayed.status]).toEqual([201, 201]);
    expect(replayed.body).toEqual(made.body);
  });

  it('binds for 24 hours and no longer', async () => {
    const body = jobBody();
    const first = await submit(alpha.keys.submitter, 'old', body);
    const age = (interval: string) =>
      api.database.admin.query(`UPDATE idempotency_key SET created_at = created_at - $1::interval WHERE key = 'old'`, [
        interval,
      ]);
    await age('23 hours 59 minutes');
    expect((await submit(alpha.keys.submitter, 'old', body)).body.id).toBe(first.body.id);
    await age('1 minute');
    const anew = await submit(alpha.keys.submitter, 'old', body);
    expect(anew.body.id).not.toBe(first.body.id);
    expect(anew.headers.get('idempotency-replayed')).toBeNull();
  });

  it.each(['', 'with space', 'é', 'x'.repeat(256)])('is refused where it is no key: %j', async (key) => {
    const encoded = Buffer.from(key, 'utf8').toString('latin1');
    const answer = await submit(alpha.keys.submitter, encoded);
    expect(answer).toMatchObject({ status: 400, body: { code: 'idempotency-key-invalid' } });
  });

  it('gives the secret of a new key once, also in the database', async () => {
    const body = { name: 'ci', roles: ['auditor'] };
    const headers = { 'idempotency-key': 'new-key' };
    const first = await api.call('POST', '/v1/api-keys', { key: alpha.keys.owner, body, headers });
    const second = await api.call('POST', '/v1/api-keys', { key: alpha.keys.owner, body, headers });
    expect(first.body.key).toMatch(/^ys_/);
    expect(second.status).toBe(201);
    expect(second.body).toEqual({ ...first.body, key: null });
    const kept = await api.database.admin.query(`SELECT body::text AS body FROM idempotency_key WHERE key = 'new-key'`);
    expect(kept.rows[0].body).not.toContain(first.body.key);
  });

  it('lets the administrator make a tenant once, with one account', async () => {
    const body = { code: 'once', name: 'Once' };
    const make = () =>
      api.call('POST', '/v1/tenants', { key: api.adminKey, body, headers: { 'idempotency-key': 'tenant-once' } });
    const answers = await Promise.all([make(), make(), make()]);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(await countOf('tenant_account WHERE tenant_id = $1', [answers[0]?.body.id])).toBe(1);
  });
});

describe('where money moves', () => {
  const topUp = { money: { amount: '12.50', currency: 'CNY' }, reference: 'bank 77' };
  const path = () => `/v1/accounts/${alpha.accountId}/top-ups`;

  it('a key is required', async () => {
    const answer = await api.call('POST', path(), { key: api.adminKey, body: topUp });
    expect(answer).toMatchObject({ status: 400, body: { code: 'idempotency-key-required' } });
  });

  it('the same payment is booked once, however often it is sent', async () => {
    const available = async () =>
      Number((await api.get(`/v1/accounts/${alpha.accountId}`, alpha.keys.finance)).body.available.amount);
    const before = await available();
    const send = () =>
      api.call('POST', path(), { key: api.adminKey, body: topUp, headers: { 'idempotency-key': 'bank-77' } });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect((await available()) - before).toBe(12.5);
  });

  it('a key binds under one account, not under all', async () => {
    const headers = { 'idempotency-key': 'both' };
    const first = await api.call('POST', path(), { key: api.adminKey, body: topUp, headers });
    const other = `/v1/accounts/${beta.accountId}/top-ups`;
    const second = await api.call('POST', other, { key: api.adminKey, body: topUp, headers });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.accountId).toBe(beta.accountId);
    expect(second.headers.get('idempotency-replayed')).toBeNull();
  });
});
