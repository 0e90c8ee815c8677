import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const STANDALONE = fileURLToPath(new URL('../../dist/apps/standalone/src/main.js', import.meta.url));
const INVARIANTS = fileURLToPath(new URL('../../dist/apps/standalone/src/check-invariants.js', import.meta.url));
const START_SECONDS_MAX = 30;

/**
 * Starts a broker of the demo's own on free ports, as `npm start` does.
 * @param {string} dataDir
 */
export async function startBroker(dataDir) {
  const [port, opsPort] = [await freePort(), await freePort()];
  const environment = { ...process.env, PORT: String(port), OPS_PORT: String(opsPort), YUSUAN_DATA_DIR: dataDir };
  for (const name of ['DATABASE_URL', 'DATABASE_WORKER_URL', 'DATABASE_OWNER_URL', 'REDIS_URL'])
    delete environment[name];
  const child = spawn(process.execPath, [STANDALONE], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let log = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (log += chunk));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const deadline = Date.now() + START_SECONDS_MAX * 1000;
  while (!output.includes('is ready')) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`the broker did not start:\n${log.slice(-4000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const adminKey = /administrator's key, shown this once: (\S+)/.exec(output)?.[1];
  if (!adminKey) throw new Error(`the broker showed no administrator's key:\n${output}`);
  return {
    url: `http://127.0.0.1:${port}`,
    adminKey,
    log: () => log,
    /** @returns {Promise<{ code: number, text: string }>} */
    checkInvariants: () => runToEnd(INVARIANTS, environment),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function runToEnd(program, env) {
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, text: text.trim() };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
