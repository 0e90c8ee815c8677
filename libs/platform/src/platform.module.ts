import {
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Doorbells } from './bells.js';
import { Clock, OffsetClock } from './clock.js';
import { EventStore } from './events.js';
import { IdSource, Uuid7Source } from './ids.js';
import { Metrics } from './metrics.js';
import { PlatformConfig } from './platform.config.js';
import { QueueBackend, QueueDoorbells } from './queues.js';
import { TransactionRunner, TypeOrmTransactionRunner } from './transactions.js';

const ALIGN_CLOCK_MS = 30_000;
const POOL_CONNECTIONS_MAX = 20;

/** Which database role the process (or half of it) works as. */
export type PlatformRole = 'app' | 'worker';

/** Keeps the process's clock on the database's, so that all processes agree what time it is. */
@Injectable()
class ClockAlignment implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.align();
    this.timer = setInterval(() => {
      this.align().catch((error: Error) => new Logger('Clock').warn(`not aligned: ${error.message}`));
    }, ALIGN_CLOCK_MS).unref();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private async align(): Promise<void> {
    if (!(this.clock instanceof OffsetClock)) return;
    const askedAt = Date.now();
    const [row] = await this.dataSource.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
    if (row) this.clock.align(row.now, askedAt);
  }
}

/** Before the database connections go, so that handlers in hand can finish. */
@Injectable()
class QueueClosing implements BeforeApplicationShutdown {
  constructor(private readonly backend: QueueBackend) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.backend.close();
  }
}

@Global()
@Module({})
export class PlatformModule {
  /** @throws where the configuration lacks the database URL of the role. */
  static forRoot(options: { readonly role: PlatformRole; readonly config: PlatformConfig }): DynamicModule {
    const { role, config } = options;
    const url = role === 'app' ? config.databaseUrl : config.databaseWorkerUrl;
    if (!url) throw new Error(role === 'app' ? 'DATABASE_URL is not set' : 'DATABASE_WORKER_URL is not set');
    const queueUrl = { redisUrl: config.redisUrl, databaseUrl: url };
    return {
      module: PlatformModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url,
          autoLoadEntities: true,
          synchronize: false,
          applicationName: `yusuan-${role}`,
          extra: { max: POOL_CONNECTIONS_MAX },
          retryAttempts: 3,
          retryDelay: 500,
        }),
      ],
      providers: [
        { provide: PlatformConfig, useValue: config },
        { provide: Clock, useClass: OffsetClock },
        { provide: IdSource, useFactory: (clock: Clock) => new Uuid7Source(clock), inject: [Clock] },
        {
          provide: TransactionRunner,
          useFactory: (source: DataSource) => new TypeOrmTransactionRunner(source),
          inject: [DataSource],
        },
        { provide: QueueBackend, useFactory: () => new QueueBackend(queueUrl) },
        {
          provide: Doorbells,
          useFactory: (backend: QueueBackend) => new QueueDoorbells(backend),
          inject: [QueueBackend],
        },
        EventStore,
        { provide: Metrics, useValue: Metrics.ofProcess },
        ClockAlignment,
        QueueClosing,
      ],
      exports: [PlatformConfig, Clock, IdSource, TransactionRunner, QueueBackend, Doorbells, EventStore, Metrics],
    };
  }
}
