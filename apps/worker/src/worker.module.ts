import { type DynamicModule, Module } from '@nestjs/common';
import { AccountingModule } from '#libs/accounting';
import { ConnectorRegistry, ConnectorsModule } from '#libs/connectors';
import { ExecutionModule } from '#libs/execution';
import { IdempotencyStore, type PlatformConfig, PlatformModule } from '#libs/platform';
import { ClusterTimings, SchedulingModule } from '#libs/scheduling';
import { BELL_HANDLERS, BellService } from './bell-service.js';
import { Housekeeping } from './housekeeping.js';
import { CancelJobHandler } from './handlers/cancel-job.handler.js';
import { DispatchSegmentHandler } from './handlers/dispatch-segment.handler.js';
import { MeterAttemptHandler } from './handlers/meter-attempt.handler.js';
import { ObserveClusterHandler } from './handlers/observe-cluster.handler.js';
import { PlanRoundHandler } from './handlers/plan-round.handler.js';
import { RateUsageHandler } from './handlers/rate-usage.handler.js';

const HANDLERS = [
  PlanRoundHandler,
  DispatchSegmentHandler,
  ObserveClusterHandler,
  MeterAttemptHandler,
  RateUsageHandler,
  CancelJobHandler,
];

/** Bells and sweeps alone: each handler calls one use case of the libraries, as `yusuan_worker`. */
@Module({})
export class WorkerModule {
  static forRoot(config: PlatformConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.forRoot({ role: 'worker', config }),
        AccountingModule,
        ExecutionModule,
        SchedulingModule.forRoot({
          imports: [ConnectorsModule],
          timings: { provide: ClusterTimings, useExisting: ConnectorRegistry },
        }),
      ],
      providers: [
        ...HANDLERS,
        { provide: BELL_HANDLERS, useFactory: (...handlers: unknown[]) => handlers, inject: HANDLERS },
        BellService,
        IdempotencyStore,
        Housekeeping,
      ],
    };
  }
}
