import { ConsoleLogger, Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiHarness } from './testing/api-harness.js';
import { jobBody, makeCenter, makeDeviceKind, makeTenant, type TenantWorld } from './testing/world.js';

let api: ApiHarness;
let tenant: TenantWorld;
const lines: string[] = [];

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
  api = await ApiHarness.start({ logger: new ConsoleLogger({ json: true }) });
  await makeDeviceKind(api);
  await makeCenter(api, 'first');
  tenant = await makeTenant(api, 'alpha');
});
afterAll(async () => {
  vi.restoreAllMocks();
  Logger.overrideLogger(false);
  await api.stop();
});

describe('the log', () => {
  it('has one JSON line a request, with who, what, how long and under which request id', async () => {
    lines.length = 0;
    const headers = { 'x-request-id': 'logged-1' };
    await api.call('GET', '/v1/jobs?q=HIDDENQUERY', { key: tenant.keys.auditor, headers });
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    const line = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({
      level: 'log',
      context: 'Http',
      message: { method: 'GET', route: '/v1/jobs', status: 200, requestId: 'logged-1', tenantId: tenant.id },
    });
    expect(line.message.milliseconds).toBeTypeOf('number');
    expect(line.message.keyId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('holds no key, script, environment, query or body, whatever became of the request', async () => {
    lines.length = 0;
    const key = tenant.keys.submitter;
    const run = { script: '#!/bin/bash\necho HIDDENSCRIPT\n', env: { TOKEN: 'HIDDENENV' } };
    const body = { ...jobBody(), run };
    const made = await api.post('/v1/jobs', key, body);
    await api.call('POST', '/v1/jobs', { key, body: { ...body, name: '' } });
    await api.call('POST', '/v1/jobs', { key, body: '{"HIDDENBODY', headers: { 'content-type': 'application/json' } });
    await api.call('GET', '/v1/jobs?q=HIDDENQUERY&bad=HIDDENQUERY', { key });
    await api.call('GET', '/v1/HIDDENPATH', { key });
    await api.get(`/v1/jobs/${made.id}`, key);
    const owner = await api.post('/v1/api-keys', tenant.keys.owner, { name: 'x', roles: ['auditor'] });
    await api.database.admin.query('ALTER TABLE job_label RENAME TO job_label_away');
    const broken = await api.call('POST', '/v1/jobs', { key, body });
    await api.database.admin.query('ALTER TABLE job_label_away RENAME TO job_label');
    expect(broken).toMatchObject({ status: 500, body: { code: 'internal-error' } });
    expect(broken.text).not.toMatch(/job_label|relation|HIDDEN/);
    await vi.waitFor(() => expect(lines.filter((line) => line.includes('"status"'))).toHaveLength(8));
    const log = lines.join('');
    expect(log).toContain('job_label');
    expect(log).not.toMatch(/HIDDEN|Bearer|authorization/i);
    for (const secret of [key, owner.key, tenant.keys.owner]) expect(log).not.toContain(secret);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });
});
