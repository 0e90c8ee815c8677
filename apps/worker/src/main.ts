import { listening, OpsServer, runProcess, systemContext, TransactionRunner } from '#libs/platform';
import { createWorkerApp } from './create-worker-app.js';

await runProcess(async (config) => {
  const app = await createWorkerApp(config);
  const isReady = () => app.get(TransactionRunner).run(systemContext('readiness', 'probe'), () => Promise.resolve());
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
