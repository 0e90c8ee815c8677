import type { PoolId } from '#libs/kernel';
import {
  type Clock,
  type Doorbells,
  EventStore,
  type IdSource,
  PlatformConfig,
  type TransactionRunner,
  type TxContext,
} from '#libs/platform';
import { AccountQueries } from '../application/account.queries.js';
import { Balances } from '../application/balances.js';
import { CheckBooksService } from '../application/check-books.service.js';
import { Holds } from '../application/holds.js';
import { JobCostQueries } from '../application/job-cost.queries.js';
import { MeterAttemptService } from '../application/meter-attempt.service.js';
import { Meter } from '../application/meter.js';
import { OpenAccountService } from '../application/open-account.service.js';
import { PoolSites } from '../application/pool-sites.js';
import { Pricing } from '../application/pricing.js';
import { RateUsageService } from '../application/rate-usage.service.js';
import { ReportQueries } from '../application/report.queries.js';
import { TopUpService } from '../application/top-up.service.js';
import type { MeteringSite } from '../domain/metering-site.js';
import { PostgresAccountStore } from '../persistence/postgres-account.store.js';
import { PostgresBooksStore } from '../persistence/postgres-books.store.js';
import { PostgresHoldStore } from '../persistence/postgres-hold.store.js';
import { PostgresLedgerStore } from '../persistence/postgres-ledger.store.js';
import { PostgresMeterStore } from '../persistence/postgres-meter.store.js';
import { PostgresPriceStore } from '../persistence/postgres-price.store.js';
import { PostgresRatingStore } from '../persistence/postgres-rating.store.js';
import { PostgresUsageStore } from '../persistence/postgres-usage.store.js';

/** Sites as a test states them. */
export class StatedSites extends PoolSites {
  readonly sites = new Map<PoolId, MeteringSite>();

  siteOf(_ctx: TxContext, poolId: PoolId): Promise<MeteringSite> {
    const site = this.sites.get(poolId);
    return site ? Promise.resolve(site) : Promise.reject(new Error(`no site is stated for pool ${poolId}`));
  }

  sitesOf(): Promise<ReadonlyMap<PoolId, MeteringSite>> {
    return Promise.resolve(this.sites);
  }
}

export interface AccountingParts {
  readonly transactions: TransactionRunner;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly doorbells: Doorbells;
  readonly sites: PoolSites;
  readonly billingZone?: string;
}

/** The library's use cases on real stores, without Nest. */
export function accountingOn({ transactions, clock, ids, doorbells, sites, billingZone }: AccountingParts) {
  const config = PlatformConfig.fromEnvironment(billingZone ? { YUSUAN_BILLING_ZONE: billingZone } : {});
  const events = new EventStore(clock, ids);
  const accounts = new PostgresAccountStore();
  const ledger = new PostgresLedgerStore();
  const holdStore = new PostgresHoldStore();
  const prices = new PostgresPriceStore();
  const meterStore = new PostgresMeterStore();
  const rating = new PostgresRatingStore();
  const usage = new PostgresUsageStore();
  const balances = new Balances(accounts, events);
  const holds = new Holds(accounts, balances, holdStore, ledger, prices, sites, ids, clock);
  return {
    openAccount: new OpenAccountService(transactions, accounts, events, ids, clock),
    topUp: new TopUpService(transactions, accounts, balances, ledger, ids, clock),
    accounts: new AccountQueries(transactions, accounts, ledger),
    pricing: new Pricing(prices, ids, clock),
    holds,
    meter: new Meter(meterStore, doorbells),
    meterAttempt: new MeterAttemptService(transactions, meterStore, sites, doorbells, ids, clock, config),
    rateUsage: new RateUsageService(
      ...([transactions, rating, accounts, balances, holdStore, holds, ledger, prices, ids, clock, config] as const),
    ),
    jobCosts: new JobCostQueries(transactions, usage, meterStore, prices, sites, clock, config),
    reports: new ReportQueries(transactions, usage),
    checkBooks: new CheckBooksService(transactions, new PostgresBooksStore()),
  };
}
