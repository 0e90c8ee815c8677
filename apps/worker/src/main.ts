import { DataSource } from 'typeorm';
import { listening, OpsServer, runProcess } from '#libs/platform';
import { createWorkerApp } from './create-worker-app.js';

await runProcess(async (config) => {
  const app = await createWorkerApp(config);
  const isReady = async () => void (await app.get(DataSource).query('SELECT 1'));
  const ops = await listening('OPS_PORT', config.opsPort, () =>
    OpsServer.listen({ host: config.host, port: config.opsPort, isReady }),
  );
  return {
    stop: async () => {
      await app.close();
      await ops.close();
    },
  };
});
