import 'reflect-metadata';
import { type DynamicModule, Global, Module } from '@nestjs/common';
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

export interface PlatformDoubleParts {
  /** As which role: its URL. */
  readonly url: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly doorbells: Doorbells;
  /** Left out: the defaults, whatever the environment says. */
  readonly config?: PlatformConfig;
}

const CONNECTIONS_MAX = 12;

/** The platform's module on connections of its own, with the test's clock, ids and bells, and without queues. */
@Global()
@Module({})
export class PlatformDouble {
  static forRoot({ url, clock, ids, doorbells, config }: PlatformDoubleParts): DynamicModule {
    const providers = [
      { provide: Clock, useValue: clock },
      { provide: IdSource, useValue: ids },
      { provide: Doorbells, useValue: doorbells },
      { provide: Metrics, useValue: Metrics.ofProcess },
      { provide: PlatformConfig, useValue: config ?? PlatformConfig.fromEnvironment({}) },
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
