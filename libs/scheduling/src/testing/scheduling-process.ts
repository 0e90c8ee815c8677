import 'reflect-metadata';
import { type DynamicModule, Global, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  Clock,
  Doorbells,
  EventStore,
  IdSource,
  Metrics,
  PlatformConfig,
  TransactionRunner,
  TypeOrmTransactionRunner,
} from '#libs/platform';
import { ClusterTimings, type ClusterTiming, SchedulingModule } from '../index.js';

/** What the tests' `local` clusters ask for; clusters without a connector answer null. */
export const TIMING: ClusterTiming = { marginSeconds: 60, leadSeconds: 30 };

class StatedTimings extends ClusterTimings {
  timingOf({ connector }: { readonly connector: string | null }): ClusterTiming | null {
    return connector === null ? null : TIMING;
  }
}

export interface ProcessParts {
  /** As which role: its URL. */
  readonly url: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly doorbells: Doorbells;
}

const CONNECTIONS_MAX = 12;

@Global()
@Module({})
class PlatformDouble {
  static forRoot({ url, clock, ids, doorbells }: ProcessParts): DynamicModule {
    const providers = [
      { provide: Clock, useValue: clock },
      { provide: IdSource, useValue: ids },
      { provide: Doorbells, useValue: doorbells },
      { provide: Metrics, useValue: Metrics.ofProcess },
      { provide: PlatformConfig, useValue: PlatformConfig.fromEnvironment({}) },
      {
        provide: TransactionRunner,
        useFactory: (source: DataSource) => new TypeOrmTransactionRunner(source),
        inject: [DataSource],
      },
      EventStore,
    ];
    const extra = { max: CONNECTIONS_MAX };
    return {
      module: PlatformDouble,
      imports: [TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, extra })],
      providers,
      exports: providers.map((provider) => ('provide' in provider ? provider.provide : provider)),
    };
  }
}

/** The library as a process of its own has it, on connections of its own, with the test's clock and ids. */
export async function schedulingProcess(parts: ProcessParts): Promise<INestApplicationContext> {
  const scheduling = SchedulingModule.forRoot({
    imports: [],
    timings: { provide: ClusterTimings, useClass: StatedTimings },
  });
  @Module({ imports: [PlatformDouble.forRoot(parts), scheduling] })
  class Root {}
  return NestFactory.createApplicationContext(Root, { logger: ['error'], abortOnError: false });
}
