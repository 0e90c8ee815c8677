import { ConsoleLogger, Logger } from '@nestjs/common';
import { armCrashPoint, ConfigurationError, PlatformConfig } from '#libs/platform';
import { createApiApp, listenForOps } from './create-api-app.js';

const DRAIN_MS = 10_000;

async function main(): Promise<void> {
  const config = PlatformConfig.fromEnvironment();
  Logger.overrideLogger(new ConsoleLogger({ json: true, logLevels: levelsOf(config.logLevel) }));
  if (config.crash) armCrashPoint(config.crash.point, config.crash.witness);
  const app = await createApiApp(config);
  const ops = await listenForOps(app, config);
  await app.listen({ host: config.host, port: config.port });
  const stop = async () => {
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    await app.close();
    await ops.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

function levelsOf(level: PlatformConfig['logLevel']) {
  const all = ['fatal', 'error', 'warn', 'log', 'debug'] as const;
  const until = { error: 2, warn: 3, info: 4, debug: 5 } as const;
  return all.slice(0, until[level]);
}

main().catch((error: Error) => {
  const isKnown = error instanceof ConfigurationError;
  process.stderr.write(`${isKnown ? error.message : (error.stack ?? error.message)}\n`);
  process.exit(1);
});
