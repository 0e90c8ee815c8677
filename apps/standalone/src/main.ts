import { listening, runProcess } from '#libs/platform';
import { createApiApp, listenForOps, setUpPlatform } from '../../api/src/index.js';
import { createWorkerApp } from '../../worker/src/index.js';
import { openDatabase } from './open-database.js';
import { StopSequence } from './stop-sequence.js';

await runProcess(async (given) => {
  const stops = new StopSequence();
  try {
    const { config, stop } = await openDatabase(given);
    stops.add('database', stop);
    const api = await createApiApp(config);
    stops.add('api', () => api.close());
    const key = await setUpPlatform(api);
    const ops = await listening('OPS_PORT', config.opsPort, () => listenForOps(api, config));
    stops.add('ops', () => ops.close());
    const worker = await createWorkerApp(config);
    stops.add('worker', () => worker.close());
    const url = await listening('PORT', config.port, () => api.listen({ host: config.host, port: config.port })).then(
      () => api.getUrl(),
    );
    announce({ url, opsUrl: `http://${config.host}:${ops.port}`, dataDir: config.dataDir, key });
    return stops;
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
