import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http';
import { connect } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allCommandLines,
  brokerEnv,
  cleanUp,
  dataDirOf,
  isPostgresOf,
  newFolder,
  postgresFolder,
  postmasterPid,
  Program,
  until,
} from './testing/broker.js';
import { centerBody, makeWorld, type World } from './testing/world.js';

afterAll(cleanUp);

const folder = newFolder();
let env: Awaited<ReturnType<typeof brokerEnv>>;
let broker: Program;
let world: World;

const isReady = async () =>
  fetch(`http://127.0.0.1:${env.OPS_PORT}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );

async function startAgain(): Promise<void> {
  broker = Program.start('main', { env });
  await broker.ready();
}

async function endWell(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const ended = await broker.end(signal);
  expect(ended.code, ended.stderr.slice(-2000)).toBe(0);
  expect(ended.seconds).toBeLessThan(10);
  expect(allCommandLines()).not.toContain(postgresFolder(folder));
}

beforeAll(async () => {
  env = await brokerEnv(folder);
  await startAgain();
  world = makeWorld(`http://127.0.0.1:${env.PORT}`, broker.adminKey ?? '');
});

describe('what outlives a broker', () => {
  it('is the database, where the broker is killed: the next start adopts it', async () => {
    const server = postmasterPid(folder);
    await broker.end('SIGKILL');
    expect(isPostgresOf(server ?? 0, folder)).toBe(true);
    const made = await Program.start('admin-key', { env }).end();
    expect(made.code, made.stderr).toBe(0);
    expect(postmasterPid(folder)).toBe(server);
    await startAgain();
    expect(postmasterPid(folder)).toBe(server);
    expect((await world.get('/v1/me')).status).toBe(200);
  });

  it('is a running job: the next start adopts it, and it completes once', async () => {
    const job = await world.submitJob(
      `#!/bin/bash\necho began\nwhile [ ! -e ${folder}/go ]; do sleep 0.1; done\necho ended\n`,
    );
    await until(async () => (await world.state(job)) === 'RUNNING', 40);
    await endWell();
    expect(allCommandLines()).toContain('wrapper.sh');
    await startAgain();
    expect(await world.state(job)).toBe('RUNNING');
    writeFileSync(join(folder, 'go'), '');
    await until(async () => (await world.state(job)) === 'COMPLETED', 40);
    expect((await world.part(job, 'logs')).body).toMatchObject({ text: 'began\nended\n' });
    expect((await world.part(job, 'segments')).body.items).toHaveLength(1);
  });
});

describe('a database that dies', () => {
  it('under a living broker comes back on its port, and the folder stays taken', async () => {
    const server = postmasterPid(folder) ?? 0;
    process.kill(server, 'SIGKILL');
    await until(async () => postmasterPid(folder) !== server && (await isReady()), 30);
    expect((await world.get('/v1/me')).status).toBe(200);
    expect(broker.isRunning).toBe(true);
    const second = Program.start('main', { env: { ...env, PORT: '0', OPS_PORT: '0' } });
    expect((await second.end()).code).toBe(1);
    expect(second.sentence).toContain('another broker holds the folder');
  });

  it('together with its broker is recovered by the next start', async () => {
    const server = postmasterPid(folder) ?? 0;
    const ending = broker.end('SIGKILL');
    process.kill(server, 'SIGKILL');
    await ending;
    await startAgain();
    expect(postmasterPid(folder)).not.toBe(server);
    expect((await world.get('/v1/me')).status).toBe(200);
    await endWell();
  });

  it('in a machine’s crash leaves a process number that is another’s now: the next start sees through it', async () => {
    const file = join(postgresFolder(folder), 'postmaster.pid');
    const stale = `${process.pid}\n${postgresFolder(folder)}\n1795400000\n1\n\n127.0.0.1\n\nready   \n`;
    writeFileSync(file, stale, { mode: 0o600 });
    const made = await Program.start('admin-key', { env }).end();
    expect(made.code, made.stderr).toBe(0);
    writeFileSync(file, stale, { mode: 0o600 });
    await startAgain();
    expect(readFileSync(file, 'utf8').split('\n')[0]).not.toBe(String(process.pid));
    expect((await world.get('/v1/me')).status).toBe(200);
  });
});

describe('a stop', () => {
  it('waits for no client that keeps its connection or never ends its request', async () => {
    const agent = new Agent({ keepAlive: true });
    const request = send(agent, { path: '/v1/me' });
    request.end();
    expect(await answerOf(request)).toBe(200);
    const silent = connect(Number(env.PORT), '127.0.0.1');
    const half = connect(Number(env.PORT), '127.0.0.1');
    for (const socket of [silent, half]) socket.on('error', () => undefined);
    half.write('POST /v1/quotes HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
    await new Promise((done) => setTimeout(done, 200));
    await endWell();
    agent.destroy();
    silent.destroy();
    half.destroy();
  });

  it('cuts no request that was accepted, and two signals are one', async () => {
    await startAgain();
    const requests = ['one', 'two', 'three', 'four'].map((code) => beginCenter(`accepted-${code}`));
    await new Promise((done) => setTimeout(done, 300));
    broker.child.kill('SIGTERM');
    await until(isRefused, 5);
    broker.child.kill('SIGINT');
    const statuses = requests.map((request) => request.finish());
    expect(await Promise.all(statuses)).toEqual([201, 201, 201, 201]);
    expect(await broker.end('SIGTERM')).toMatchObject({ code: 0 });
    await startAgain();
    for (const { code } of requests) expect((await world.get(`/v1/centers/${code}`)).status).toBe(200);
    await endWell();
  });

  it('while it starts ends the start, and leaves nothing running', async () => {
    const fresh = newFolder();
    const freshEnv = await brokerEnv(fresh);
    const moments: Record<string, (starting: Program) => boolean> = {
      'while the database is made': () => existsSync(join(dataDirOf(fresh), 'secrets.json')),
      'while the database starts': () => postmasterPid(fresh) !== null,
      'while the API starts': (starting) => starting.stderr.includes('Starting Nest application'),
    };
    for (const [moment, hasCome] of Object.entries(moments)) {
      const starting = Program.start('main', { env: freshEnv });
      await until(() => hasCome(starting), 30);
      const ended = await starting.end('SIGTERM');
      expect({ moment, code: ended.code, stdout: ended.stdout, sentence: starting.sentence }).toEqual({
        moment,
        code: 0,
        stdout: '',
        sentence: '',
      });
      expect(ended.seconds).toBeLessThan(10);
      expect(allCommandLines()).not.toContain(dataDirOf(fresh));
    }
  });
});

/** @returns the status, once the body is whole */
function answerOf(request: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    request.once('error', reject).once('response', (answer: IncomingMessage) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
  });
}

function send(agent: Agent, options: RequestOptions): ClientRequest {
  const headers = { authorization: `Bearer ${world.adminKey}`, 'content-type': 'application/json', ...options.headers };
  return httpRequest({ agent, host: '127.0.0.1', port: env.PORT, ...options, headers });
}

/** A request whose head has been taken and whose body comes later. */
function beginCenter(code: string): { code: string; finish: () => Promise<number> } {
  const body = JSON.stringify(centerBody(code));
  const headers = { 'content-length': Buffer.byteLength(body) };
  const request = send(new Agent({ keepAlive: true }), { path: '/v1/centers', method: 'POST', headers });
  const status = answerOf(request);
  status.catch(() => undefined);
  request.write(body.slice(0, 10));
  return {
    code,
    finish: () => {
      request.end(body.slice(10));
      return status;
    },
  };
}

function isRefused(): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(Number(env.PORT), '127.0.0.1');
    socket.once('connect', () => done(false)).once('error', () => done(true));
    socket.on('close', () => socket.destroy()).end();
  });
}
