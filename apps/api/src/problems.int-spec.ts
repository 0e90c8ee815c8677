import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem, problemKind } from '#libs/contracts';
import { type Answer, ApiHarness } from './testing/api-harness.js';
import { PROBLEMS } from './problems/problem-catalog.js';

let api: ApiHarness;

beforeAll(async () => {
  api = await ApiHarness.start();
});
afterAll(() => api.stop());

/** A problem as it must be, whoever raised it. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = problem.strict().parse(answer.body);
  expect(body).toMatchObject({ status, code, type: `/problems/${code}` });
  expect(body.requestId).toBe(answer.headers.get('x-request-id'));
  expect(answer.text).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.ts\b/);
}

const json = { 'content-type': 'application/json' };

describe('a request that cannot be read', () => {
  it.each([
    ['malformed JSON', '{"name":', json, 400, 'malformed-json'],
    ['JSON that stops in the middle of a value', '{"name": tru }', json, 400, 'malformed-json'],
    [
      'a body of another type',
      'name=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported-media-type',
    ],
    ['a body of no type', 'name=x', { 'content-type': '' }, 415, 'unsupported-media-type'],
    ['text', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['a body over the limit', `"${'x'.repeat(4_200_000)}"`, json, 413, 'payload-too-large'],
  ])('with %s is a problem', async (_what, body, headers, status, code) => {
    expectProblem(await api.call('POST', '/v1/jobs', { key: api.adminKey, body, headers }), status, code);
  });

  it('with bytes that are not UTF-8 is a problem', async () => {
    const response = await fetch(`${api.url}/v1/jobs`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${api.adminKey}` },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(await response.json()).toMatchObject({ status: 400, code: 'malformed-json' });
  });

  it('does not quote the body in its answer', async () => {
    const answer = await api.call('POST', '/v1/jobs', {
      key: api.adminKey,
      body: '{"run": SECRETWORD}',
      headers: json,
    });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('SECRETWORD');
  });

  it('with a path that does not decode is a problem', async () => {
    expectProblem(await api.get('/v1/jobs/%zz', api.adminKey), 400, 'malformed-request');
  });

  it('with a path that is too long is a problem', async () => {
    expectProblem(await api.get(`/v1/jobs/${'x'.repeat(200)}`, api.adminKey), 414, 'uri-too-long');
  });

  it('that is not HTTP gets its problem too', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname, () => socket.write('NOT HTTP AT ALL\r\n\r\n'));
      let heard = '';
      socket.on('data', (chunk) => (heard += chunk.toString()));
      socket.on('close', () => resolve(heard));
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(problem.parse(JSON.parse(text.split('\r\n\r\n')[1] ?? ''))).toMatchObject({ code: 'malformed-request' });
  });
});

describe('a path that is not there', () => {
  it.each(['/', '/v1', '/v1/nothing', '/v1/jobs/', '/docs/assets/none.css', '/healthz', '/metrics'])(
    'is a problem: %s',
    async (path) => expectProblem(await api.get(path, null), 404, 'not-found'),
  );

  it('is told from a method that is not', async () => {
    const answer = await api.call('DELETE', '/v1/jobs', { key: api.adminKey });
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
    expectProblem(await api.call('PUT', '/v1/jobs/abc', { key: api.adminKey }), 405, 'method-not-allowed');
  });
});

describe('a key', () => {
  it.each([null, 'nonsense', `ys_${'a'.repeat(38)}`])('that opens nothing is a problem: %s', async (key) => {
    const answer = await api.get('/v1/me', key);
    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is not taken from another scheme', async () => {
    const headers = { authorization: `Basic ${api.adminKey}` };
    expectProblem(await api.call('GET', '/v1/me', { headers }), 401, 'unauthenticated');
  });

  it('past its end is a problem', async () => {
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const { key, id } = await api.post('/v1/api-keys', api.adminKey, {
      name: 'x',
      roles: ['platformAdmin'],
      expiresAt,
    });
    await api.database.admin.query(`UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    expectProblem(await api.get('/v1/me', key), 401, 'unauthenticated');
  });
});

describe('a query', () => {
  it.each([
    ['/v1/pools?unknown=1', '/unknown'],
    ['/v1/me?verbose=1', '/verbose'],
    ['/problems/forbidden?x=1', '/x'],
    ['/v1/centers?limit=0', '/limit'],
    ['/v1/centers?limit=201', '/limit'],
    ['/v1/centers?limit=1&limit=2', '/limit'],
    ['/v1/windows?from=yesterday', '/from'],
    ['/v1/windows?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', '/to'],
    ['/v1/pools?center=%00', '/center'],
    ['/v1/grid-factors?region=a%00b', '/region'],
    ['/v1/grid-factors?__proto__=x', '/__proto__'],
    ['/v1/tenants?cursor=%00', '/cursor'],
    ['/v1/tenants?cursor=WyJ4Il0', '/cursor'],
  ])('that is not right is a problem at its parameter: %s', async (path, pointer) => {
    const answer = await api.get(path, api.adminKey);
    expectProblem(answer, 422, 'invalid-input');
    expect(answer.body.errors.map((fault: { path: string }) => fault.path)).toContain(pointer);
  });
});

describe('an id in a path', () => {
  it.each([
    '/v1/pools/x',
    '/v1/pools/%00',
    '/v1/pools/00000000-0000-7000-8000-000000000000',
    '/v1/centers/NO',
    '/problems/none',
  ])('that names nothing is a problem: %s', async (path) =>
    expect((await api.get(path, api.adminKey)).status).toBe(404),
  );
});

describe('a request id', () => {
  it('is given back as it came, or made', async () => {
    const given = await api.call('GET', '/v1/me', { headers: { 'x-request-id': 'abc-123' } });
    expect(given.headers.get('x-request-id')).toBe('abc-123');
    expect(given.body.requestId).toBe('abc-123');
    const unfit = await api.call('GET', '/v1/me', { headers: { 'x-request-id': 'a"b{}' } });
    expect(unfit.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await api.get('/v1/me', null)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the type of a problem', () => {
  it('points to words for each code, for anyone', async () => {
    for (const code of Object.keys(PROBLEMS)) {
      const answer = await api.get(`/problems/${code}`, null);
      expect(answer.status, code).toBe(200);
      expect(problemKind.strict().parse(answer.body).code).toBe(code);
    }
  });
});
