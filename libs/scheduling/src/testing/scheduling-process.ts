import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClusterTimings, type ClusterTiming, SchedulingModule } from '../index.js';
import { PlatformDouble, type PlatformDoubleParts } from '#libs/testing';

/** What the tests' `local` clusters ask for; clusters without a connector answer null. */
export const TIMING: ClusterTiming = { marginSeconds: 60, leadSeconds: 30 };

class StatedTimings extends ClusterTimings {
  timingOf({ connector }: { readonly connector: string | null }): ClusterTiming | null {
    return connector === null ? null : TIMING;
  }
}

/** The library as a process of its own has it, on connections of its own, with the test's clock and ids. */
export async function schedulingProcess(parts: PlatformDoubleParts): Promise<INestApplicationContext> {
  const scheduling = SchedulingModule.forRoot({
    imports: [],
    timings: { provide: ClusterTimings, useClass: StatedTimings },
  });
  @Module({ imports: [PlatformDouble.forRoot(parts), scheduling] })
  class Root {}
  return NestFactory.createApplicationContext(Root, { logger: ['error'], abortOnError: false });
}
