import { type DynamicModule, Global, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
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

export interface ProcessParts {
  /** As which role: its URL. */
  readonly url: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly doorbells: Doorbells;
}

const CONNECTIONS_MAX = 12;

/** Real transactions on connections of its own; clock, ids and bells are the test's. */
@Global()
@Module({})
export class PlatformDouble {
  static forRoot({ url, clock, ids, doorbells }: ProcessParts): DynamicModule {
    const providers = [
      { provide: Clock, useValue: clock },
      { provide: IdSource, useValue: ids },
      { provide: Doorbells, useValue: doorbells },
      { provide: Metrics, useValue: Metrics.ofProcess },
      { provide: PlatformConfig, useValue: PlatformConfig.fromEnvironment({}) },
      {
        provide: TransactionRunner,
        useFactory: (source: ConstructorParameters<typeof TypeOrmTransactionRunner>[0]) =>
          new TypeOrmTransactionRunner(source),
        inject: [getDataSourceToken()],
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
