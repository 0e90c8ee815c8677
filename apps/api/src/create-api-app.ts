import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metrics, OpsServer, type PlatformConfig } from '#libs/platform';
import { ApiModule } from './api.module.js';
import { newFastifyAdapter, prepareServer } from './http/http-server.js';
import { openApiDocument } from './openapi/document.js';
import { serveDocs } from './openapi/docs.js';
import { Readiness } from './readiness.service.js';

/** The API, ready to listen. */
export async function createApiApp(config: PlatformConfig): Promise<NestFastifyApplication> {
  const adapter = newFastifyAdapter();
  const fastify = adapter.getInstance();
  prepareServer(fastify, Metrics.ofProcess);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(config), adapter, {
    bodyParser: false,
    bufferLogs: false,
    abortOnError: false,
  });
  serveDocs(fastify, () => openApiDocument(app));
  await app.init();
  return app;
}

/** Health and metrics of a process that serves the API, on `OPS_PORT`. */
export function listenForOps(app: NestFastifyApplication, config: PlatformConfig): Promise<OpsServer> {
  const readiness = app.get(Readiness);
  return OpsServer.listen({ host: config.host, port: config.opsPort, isReady: () => readiness.check() });
}
