import { listening, refuseTakenPorts, runProcess } from '#libs/platform';
import { closeServer } from './close-server.js';
import { openDatabase } from './open-database.js';
import { StopSequence } from './stop-sequence.js';

await runProcess(async (given, signal) => {
  const stops = new StopSequence();
  try {
    await refuseTakenPorts(given);
    // Reading the programs of both takes as long as starting the database: side by side.
    const programs = Promise.all([import('../../api/src/index.js'), import('../../worker/src/index.js')]);
    const { config, stop, lost } = await openDatabase(given, signal);
    stops.add('database', stop);
    const [{ createApiApp, listenForOps, setUpPlatform }, { createWorkerApp }] = await programs;
    signal.throwIfAborted();
    const api = await createApiApp(config);
    stops.add('api', () => closeServer(api.getHttpServer(), () => api.close()));
    signal.throwIfAborted();
    const worker = await createWorkerApp(config);
    stops.add('worker', () => worker.close());
    signal.throwIfAborted();
    const ops = await listening('OPS_PORT', config.opsPort, () => listenForOps(api, config));
    stops.add('ops', () => ops.close());
    await listening('PORT', config.port, () => api.listen({ host: config.host, port: config.port }));
    // Last, for it shows a key that nobody sees again: a start that fails must not have made one.
    const key = await setUpPlatform(api);
    announce({
      url: await api.getUrl(),
      opsUrl: `http://${config.host}:${ops.port}`,
      dataDir: config.dataDir,
      key,
    });
    return { stop: () => stops.stop(), ...(lost ? { failed: lost } : {}) };
  } catch (error) {
    await stops.stop();
    throw error;
  }
});

interface Announcement {
  readonly url: string;
  readonly opsUrl: string;
  readonly dataDir: string;
  readonly key: string | null;
}

function announce({ url, opsUrl, dataDir, key }: Announcement): void {
  const lines = [
    '',
    '  Yusuan 余算 is ready.',
    `    API        ${url}/v1        (documentation: ${url}/docs)`,
    `    operations ${opsUrl}/healthz, /readyz, /metrics`,
    `    data       ${dataDir}`,
    ...(key === null
      ? ['    administrator: use the key you have; npm run admin:key makes a new one']
      : [`    administrator's key, shown this once: ${key}`]),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
