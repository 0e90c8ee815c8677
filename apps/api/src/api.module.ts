import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { AccountingModule } from '#libs/accounting';
import { CapacityModule } from '#libs/capacity';
import { CatalogModule } from '#libs/catalog';
import { ConnectorRegistry, ConnectorsModule } from '#libs/connectors';
import { ExecutionModule } from '#libs/execution';
import { IdentityModule } from '#libs/identity';
import { JobsModule } from '#libs/jobs';
import { IdempotencyStore, type PlatformConfig, PlatformModule } from '#libs/platform';
import { ClusterTimings, SchedulingModule } from '#libs/scheduling';
import { AccountViews } from './accounts/account-views.service.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { CentersController } from './centers/centers.controller.js';
import { OperatedCenters } from './centers/operated-centers.service.js';
import { ClustersController } from './clusters/clusters.controller.js';
import { DeviceKindsController } from './device-kinds/device-kinds.controller.js';
import { GridFactorsController } from './grid-factors/grid-factors.controller.js';
import { AuthenticationGuard } from './http/authentication.guard.js';
import { Creations } from './http/creations.service.js';
import { QueryGuard } from './http/query.guard.js';
import { ValidationPipe } from './http/validation.pipe.js';
import { JobPartsController } from './jobs/job-parts.controller.js';
import { JobViews } from './jobs/job-views.service.js';
import { JobsController } from './jobs/jobs.controller.js';
import { KnownCatalogs } from './jobs/known-catalog.service.js';
import { Submissions } from './jobs/submissions.service.js';
import { MeController } from './me/me.controller.js';
import { MembersController } from './members/members.controller.js';
import { OfferViews } from './offers/offer-views.service.js';
import { OffersController } from './offers/offers.controller.js';
import { TenantCodes } from './offers/tenant-codes.service.js';
import { PoolsController } from './pools/pools.controller.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { ProblemsController } from './problems/problems.controller.js';
import { ProjectsController } from './projects/projects.controller.js';
import { ConnectorTimings } from './quotes/connector-timings.js';
import { QuotesController } from './quotes/quotes.controller.js';
import { ReportsController } from './reports/reports.controller.js';
import { Readiness } from './readiness.service.js';
import { RouteTable } from './routes/route-table.service.js';
import { SegmentsController } from './segments/segments.controller.js';
import { TariffsController } from './tariffs/tariffs.controller.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { WindowsController } from './windows/windows.controller.js';

const SCHEDULING = SchedulingModule.forRoot({
  imports: [ConnectorsModule],
  timings: {
    provide: ClusterTimings,
    useFactory: (registry: ConnectorRegistry) => new ConnectorTimings(registry),
    inject: [ConnectorRegistry],
  },
});
const LIBRARIES = [
  CatalogModule,
  IdentityModule,
  CapacityModule,
  JobsModule,
  AccountingModule,
  ExecutionModule,
  SCHEDULING,
];

const CONTROLLERS = [
  MeController,
  CentersController,
  ClustersController,
  PoolsController,
  DeviceKindsController,
  TariffsController,
  GridFactorsController,
  OffersController,
  WindowsController,
  QuotesController,
  JobsController,
  JobPartsController,
  SegmentsController,
  ReportsController,
  AccountsController,
  TenantsController,
  ProjectsController,
  MembersController,
  ApiKeysController,
  ProblemsController,
];

/** HTTP alone: each controller calls use cases of the libraries, as `yusuan_app`. */
@Module({})
export class ApiModule {
  static forRoot(config: PlatformConfig): DynamicModule {
    return {
      module: ApiModule,
      imports: [PlatformModule.forRoot({ role: 'app', config }), DiscoveryModule, ...LIBRARIES],
      controllers: CONTROLLERS,
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        // In this order: who calls, then what is asked.
        { provide: APP_GUARD, useClass: AuthenticationGuard },
        { provide: APP_GUARD, useClass: QueryGuard },
        { provide: APP_PIPE, useClass: ValidationPipe },
        IdempotencyStore,
        Creations,
        RouteTable,
        Readiness,
        OperatedCenters,
        TenantCodes,
        OfferViews,
        AccountViews,
        JobViews,
        KnownCatalogs,
        Submissions,
      ],
    };
  }
}
