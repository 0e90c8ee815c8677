import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { PlatformConfig } from '#libs/platform';
import { WorkerModule } from './worker.module.js';

/** The worker, serving bells and sweeping once it is there. */
export async function createWorkerApp(config: PlatformConfig): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(WorkerModule.forRoot(config), { abortOnError: false, bufferLogs: false });
}
