/**
 * The main job, before your eyes: a small mixture-of-experts language model is trained on windows of two
 * supercomputing centers, moves when the first window ends, and is billed to the last digit. Everything goes through
 * the HTTP API with the roles' own keys, on a broker of its own in a throw-away folder.
 */
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './api.mjs';
import { startBroker } from './broker.mjs';
import { fromUnits, sum, toUnits } from './decimal.mjs';
import { endProgress, heading, lossCurve, say, showProgress, table, timeLine } from './show.mjs';

const FIRST_WINDOW_SECONDS = 24;
const SECOND_WINDOW_AFTER_SECONDS = 20;
const SECOND_WINDOW_SECONDS = 900;
const JOB_SECONDS_MAX = 180;
const SETTLE_SECONDS_MAX = 20;
const STEPS = process.env.DEMO_STEPS ?? '1000';

const SITES = [
  { code: 'jinan', price: '2.0000', pue: '1.25', idleWatts: '6', fullWatts: '18' },
  { code: 'guangzhou', price: '3.2000', pue: '1.35', idleWatts: '7', fullWatts: '20' },
];

const startedAt = Date.now();
const elapsed = () => (Date.now() - startedAt) / 1000;
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const failures = [];

function expect(isSo, sentence) {
  say(`${isSo ? '✓' : '✗'} ${sentence}`);
  if (!isSo) failures.push(sentence);
}

/** What an unprivileged job may read: the program, and Node itself where it lies in somebody's home. */
function prepareProgram(folder) {
  cpSync(fileURLToPath(new URL('../moe-lm', import.meta.url)), join(folder, 'moe-lm'), { recursive: true });
  return {
    node: isOpenToAll(process.execPath) ? process.execPath : copyNode(folder),
    program: join(folder, 'moe-lm', 'train.mjs'),
  };
}

function isOpenToAll(path) {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) if (!(statSync(at).mode & 0o001)) return false;
  return true;
}

function copyNode(folder) {
  copyFileSync(process.execPath, join(folder, 'node'));
  return join(folder, 'node');
}

async function registerSite(admin, url, site) {
  const { code, pue, idleWatts, fullWatts } = site;
  const stated = 'stated by the center’s operator for this demonstration';
  const center = await admin.patch(`/v1/centers/${code}`, {
    pue,
    pueYear: new Date().getUTCFullYear(),
    pueSource: stated,
  });
  const cluster = await admin.post('/v1/clusters', {
    center: code,
    code: 'this-machine',
    name: 'This machine',
    scheduler: 'processes of this machine',
    connector: 'local',
    connectorSettings: { slots: 1, pollSeconds: 0.5, graceSeconds: 3, leadSeconds: 6 },
  });
  const pool = await admin.post('/v1/pools', {
    clusterId: cluster.id,
    code: 'spare',
    name: 'One core of this machine',
    deviceKind: 'cpu-core',
    devicesPerNode: 1,
    nodes: 1,
    ...{ idleWatts, fullWatts },
    utilisation: '0.95',
    powerSource: stated,
  });
  const { key } = await admin.post('/v1/api-keys', {
    name: `operator of ${code}`,
    roles: ['centerOperator'],
    centers: [code],
  });
  return { ...site, name: center.name, pool, operator: new Api(url, key) };
}

async function openWindow(site, fromSeconds, seconds) {
  await site.operator.post('/v1/offers', {
    poolId: site.pool.id,
    nodes: 1,
    start: inSeconds(fromSeconds),
    end: inSeconds(fromSeconds + seconds),
    price: { perDeviceHour: { amount: site.price, currency: 'CNY' } },
    reclaim: { noticeMinutes: 1 },
  });
  say(
    `${site.name}: one node from ${fromSeconds} s to ${fromSeconds + seconds} s from now, ${site.price} CNY a device-hour`,
  );
}

async function openTenant(admin, url) {
  const tenant = await admin.post('/v1/tenants', { code: 'poetry-lab', name: 'Poetry Lab' });
  const { key } = await admin.post('/v1/api-keys', { name: 'owner', roles: ['owner'], tenantId: tenant.id });
  const owner = new Api(url, key);
  await owner.post('/v1/projects', { code: 'tang', name: 'Tang poetry' });
  const [account] = (await owner.get('/v1/accounts')).items;
  await admin.post(`/v1/accounts/${account.id}/top-ups`, {
    money: { amount: '50.00', currency: 'CNY' },
    reference: 'demonstration',
  });
  return { owner, accountId: account.id };
}

function jobRequest({ node, program }) {
  return {
    name: 'moe-lm on Tang quatrains',
    project: 'tang',
    run: { script: `#!/bin/bash\nexec ${node} ${program}\n`, env: { MOE_STEPS: STEPS, MOE_SEED: '7' } },
    resources: { nodes: 1, devicesPerNode: 1, deviceKinds: ['cpu-core'] },
    workload: { kind: 'walltime', walltimeMinutes: 2.5 },
    checkpoint: { sizeGiB: 0.01, signal: 'USR1', minSegmentMinutes: 0.1 },
    constraints: { maxCost: { amount: '5.00', currency: 'CNY' } },
    objective: 'time',
  };
}

const ENDED = ['COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED', 'PREEMPTED', 'NODE_FAIL', 'DEADLINE', 'OUT_OF_BUDGET'];

async function watch(owner, jobId) {
  for (let waited = 0; waited < JOB_SECONDS_MAX; waited += 0.5) {
    const job = await owner.get(`/v1/jobs/${jobId}`);
    const segments = (await owner.get(`/v1/jobs/${jobId}/segments`)).items;
    const live = segments.find((segment) => !['ENDED', 'RESERVED'].includes(segment.state));
    const { step = 0, of = Number(STEPS), loss = null } = job.progress ?? {};
    showProgress({ step, of, loss, state: job.state, center: live?.center, seconds: elapsed() });
    if (ENDED.includes(job.state)) {
      endProgress();
      return job;
    }
    await pause(0.5);
  }
  endProgress();
  throw new Error(
    `the job did not end within ${JOB_SECONDS_MAX} s: ${JSON.stringify(await owner.get(`/v1/jobs/${jobId}/explain`))}`,
  );
}

/** All that was used is charged, and nothing is held any more. */
async function settled(owner, accountId, jobId) {
  for (let waited = 0; waited < SETTLE_SECONDS_MAX; waited += 0.25) {
    const [job, account] = [await owner.get(`/v1/jobs/${jobId}`), await owner.get(`/v1/accounts/${accountId}`)];
    if (toUnits(job.cost.provisional.amount) === 0n && toUnits(account.held.amount) === 0n) return { job, account };
    await pause(0.25);
  }
  throw new Error('the charges did not settle');
}

async function readResult(owner, jobId) {
  let text = '';
  for (let offset = 0; ;) {
    const chunk = await owner.get(`/v1/jobs/${jobId}/logs?offset=${offset}&limit=1048576`);
    text += chunk.text;
    if (chunk.nextOffset === offset) break;
    offset = chunk.nextOffset;
  }
  const line = text.split('\n').find((one) => one.startsWith('RESULT '));
  if (!line) throw new Error(`the training printed no result:\n${text.slice(-2000)}`);
  return JSON.parse(line.slice('RESULT '.length));
}

function showSegments(segments) {
  heading('Where it ran');
  timeLine(segments);
  expect(
    segments.length >= 2 && new Set(segments.map((segment) => segment.center)).size === 2,
    'the job moved from one center to the other',
  );
}

function showTraining(points, result) {
  heading('What it learned');
  lossCurve(points.filter((point) => point.loss !== null));
  const steps = points.map((point) => point.step);
  expect(
    steps.every((step, index) => index === 0 || step > steps[index - 1]),
    'steps rise without going back, across the move',
  );
  expect(steps.at(-1) === Number(STEPS) && result.steps === Number(STEPS), `all ${STEPS} steps were done`);
  expect(
    points.at(-1).loss < points[0].loss,
    `the loss fell from ${points[0].loss.toFixed(3)} to ${points.at(-1).loss.toFixed(3)}`,
  );
  expect(
    result.heldOutLoss < result.unigramLoss,
    `held-out loss ${result.heldOutLoss.toFixed(3)} beats the unigram baseline ${result.unigramLoss.toFixed(3)}`,
  );
  expect(
    result.expertShare.every((share) => share > 0),
    `the gate uses every expert: ${result.expertShare.map((share) => `${(share * 100).toFixed(0)} %`).join(', ')}`,
  );
  heading('What it writes');
  for (const line of result.samples) say(line);
}

async function showBooks({ owner, sites, job, account }) {
  heading('What it cost');
  const day = 86_400_000;
  const span = `from=${new Date(Date.now() - day).toISOString()}&to=${new Date(Date.now() + day).toISOString()}`;
  const { rows } = await owner.get(`/v1/reports/usage?${span}&groupBy=center`);
  const head = ['center', 'device-seconds', 'net CNY', 'kWh total', 'kWh marginal', 'kgCO2e'];
  table([
    head,
    ...rows.map((row) => [
      row.center,
      String(row.deviceSeconds),
      row.net.amount,
      row.facilityKwh,
      row.marginalFacilityKwh,
      row.carbonKg,
    ]),
  ]);
  const reports = await Promise.all(sites.map((site) => site.operator.get(`/v1/reports/centers/${site.code}?${span}`)));
  const net = sum(reports.flatMap((report) => report.revenue.map((money) => money.amount)));
  const [fee, tax] = [sum(rows.map((row) => row.fee.amount)), sum(rows.map((row) => row.tax.amount))];
  say(
    `charge ${job.cost.charged.amount} = centers' net ${fromUnits(net)} + fee ${fromUnits(fee)} + tax ${fromUnits(tax)} CNY`,
  );
  expect(
    toUnits(job.cost.charged.amount) === net + fee + tax,
    'the charge is the centers’ net plus fee plus tax, to the last digit',
  );
  expect(
    toUnits(account.available.amount) === toUnits('50.00') - net - fee - tax,
    `the account has the rest: ${account.available.amount} of 50.00 CNY`,
  );
  expect(
    rows.every((row) => row.recordsWithoutEnergy === 0 && Number(row.facilityKwh) > Number(row.marginalFacilityKwh)),
    'energy is known for every record, total above marginal',
  );
}

async function progressPoints(owner, jobId) {
  const points = await owner.list(`/v1/jobs/${jobId}/progress`);
  return points.sort((a, b) => a.at.localeCompare(b.at) || a.step - b.step);
}

async function run(folder) {
  const broker = await startBroker(join(folder, 'data'));
  try {
    const { url } = broker;
    const admin = new Api(url, broker.adminKey);
    heading(`A broker of its own at ${url}, ready after ${elapsed().toFixed(1)} s`);
    const centers = await admin.list('/v1/centers');
    say(`${centers.length} national centers in the catalog; two of them register a node of this machine`);
    const sites = [];
    for (const site of SITES) sites.push(await registerSite(admin, url, site));
    const { owner, accountId } = await openTenant(admin, url);
    const request = jobRequest(prepareProgram(folder));
    heading('Idle windows');
    await openWindow(sites[0], 0, FIRST_WINDOW_SECONDS);
    await openWindow(sites[1], SECOND_WINDOW_AFTER_SECONDS, SECOND_WINDOW_SECONDS);
    const { id } = await owner.post('/v1/jobs', request);
    heading(`Training, job ${id}`);
    const ended = await watch(owner, id);
    expect(ended.state === 'COMPLETED', `the job is ${ended.state}`);
    const { job, account } = await settled(owner, accountId, id);
    showSegments((await owner.get(`/v1/jobs/${id}/segments`)).items.filter((segment) => segment.startedAt));
    showTraining(await progressPoints(owner, id), await readResult(owner, id));
    await showBooks({ owner, sites, job, account });
    const invariants = await broker.checkInvariants();
    expect(invariants.code === 0, invariants.text);
  } catch (error) {
    process.stderr.write(`${broker.log().split('\n').slice(-15).join('\n')}\n`);
    throw error;
  } finally {
    await broker.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'yusuan-demo-'));
chmodSync(folder, 0o755);
try {
  await run(folder);
} catch (error) {
  failures.push(error.message);
  process.stderr.write(`${error.stack}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
heading(failures.length === 0 ? `Done in ${elapsed().toFixed(0)} s.` : `Failed: ${failures.join('; ')}`);
process.exit(failures.length === 0 ? 0 : 1);
