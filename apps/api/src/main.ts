import { listening, runProcess } from '#libs/platform';
import { createApiApp, listenForOps } from './create-api-app.js';
import { setUpPlatform } from './platform-setup.js';

await runProcess(async (config) => {
  const app = await createApiApp(config);
  const ops = await listening('OPS_PORT', config.opsPort, () => listenForOps(app, config));
  await listening('PORT', config.port, () => app.listen({ host: config.host, port: config.port }));
  const key = await setUpPlatform(app);
  if (key !== null) process.stdout.write(`administrator's key, shown this once: ${key}\n`);
  return {
    stop: async () => {
      await app.close();
      await ops.close();
    },
  };
});
