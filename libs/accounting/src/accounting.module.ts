import { Module } from '@nestjs/common';
import { CatalogModule } from '#libs/catalog';
import { AccountQueries } from './application/account.queries.js';
import { AccountStore } from './application/account.store.js';
import { Balances } from './application/balances.js';
import { BooksStore } from './application/books.store.js';
import { CatalogPoolSites } from './application/catalog-pool-sites.js';
import { CheckBooksService } from './application/check-books.service.js';
import { HoldStore } from './application/hold.store.js';
import { Holds } from './application/holds.js';
import { JobCostQueries } from './application/job-cost.queries.js';
import { LedgerStore } from './application/ledger.store.js';
import { MeterAttemptService } from './application/meter-attempt.service.js';
import { MeterStore } from './application/meter.store.js';
import { Meter } from './application/meter.js';
import { OpenAccountService } from './application/open-account.service.js';
import { PoolSites } from './application/pool-sites.js';
import { PriceStore } from './application/price.store.js';
import { Pricing } from './application/pricing.js';
import { RateUsageService } from './application/rate-usage.service.js';
import { RatingStore } from './application/rating.store.js';
import { ReportQueries } from './application/report.queries.js';
import { TopUpService } from './application/top-up.service.js';
import { UsageStore } from './application/usage.store.js';
import { PostgresAccountStore } from './persistence/postgres-account.store.js';
import { PostgresBooksStore } from './persistence/postgres-books.store.js';
import { PostgresHoldStore } from './persistence/postgres-hold.store.js';
import { PostgresLedgerStore } from './persistence/postgres-ledger.store.js';
import { PostgresMeterStore } from './persistence/postgres-meter.store.js';
import { PostgresPriceStore } from './persistence/postgres-price.store.js';
import { PostgresRatingStore } from './persistence/postgres-rating.store.js';
import { PostgresUsageStore } from './persistence/postgres-usage.store.js';

const USE_CASES = [
  OpenAccountService,
  TopUpService,
  AccountQueries,
  Pricing,
  Holds,
  Meter,
  MeterAttemptService,
  RateUsageService,
  JobCostQueries,
  ReportQueries,
  CheckBooksService,
];

@Module({
  imports: [CatalogModule],
  providers: [
    ...USE_CASES,
    Balances,
    { provide: PoolSites, useClass: CatalogPoolSites },
    { provide: AccountStore, useClass: PostgresAccountStore },
    { provide: LedgerStore, useClass: PostgresLedgerStore },
    { provide: HoldStore, useClass: PostgresHoldStore },
    { provide: PriceStore, useClass: PostgresPriceStore },
    { provide: MeterStore, useClass: PostgresMeterStore },
    { provide: RatingStore, useClass: PostgresRatingStore },
    { provide: UsageStore, useClass: PostgresUsageStore },
    { provide: BooksStore, useClass: PostgresBooksStore },
  ],
  exports: [...USE_CASES, PoolSites],
})
export class AccountingModule {}
