import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { AccountingModule } from '#libs/accounting';
import { CapacityModule } from '#libs/capacity';
import { CatalogModule } from '#libs/catalog';
import { JobsModule } from '#libs/jobs';
import { CommitReservationService } from './application/commit-reservation.service.js';
import { EndOverdueJobsService } from './application/end-overdue-jobs.service.js';
import { ForecastQueries } from './application/forecast-queries.service.js';
import { ForecastStore } from './application/forecast.store.js';
import { PlanCycleStore } from './application/plan-cycle.store.js';
import { PlanRoundService } from './application/plan-round.service.js';
import { PlanningSupplyService } from './application/planning-supply.service.js';
import { QuoteStore } from './application/quote.store.js';
import { RequestQuoteService } from './application/request-quote.service.js';
import { PostgresForecastStore } from './persistence/postgres-forecast.store.js';
import { PostgresPlanCycleStore } from './persistence/postgres-plan-cycle.store.js';
import { PostgresQuoteStore } from './persistence/postgres-quote.store.js';

const USE_CASES = [PlanRoundService, RequestQuoteService, ForecastQueries];

@Module({})
export class SchedulingModule {
  /** `timings` provides ClusterTimings: scheduling knows no connectors, so the process that has both joins them. */
  static forRoot(options: { readonly imports: DynamicModule['imports']; readonly timings: Provider }): DynamicModule {
    return {
      module: SchedulingModule,
      imports: [...(options.imports ?? []), CatalogModule, CapacityModule, JobsModule, AccountingModule],
      providers: [
        ...USE_CASES,
        options.timings,
        PlanningSupplyService,
        CommitReservationService,
        EndOverdueJobsService,
        { provide: ForecastStore, useClass: PostgresForecastStore },
        { provide: PlanCycleStore, useClass: PostgresPlanCycleStore },
        { provide: QuoteStore, useClass: PostgresQuoteStore },
      ],
      exports: USE_CASES,
    };
  }
}
