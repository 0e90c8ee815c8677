export { AccountingModule } from './accounting.module.js';
export { AccountQueries } from './application/account.queries.js';
export type { Drift } from './application/books.store.js';
export { Holds, type PlaceHoldInput } from './application/holds.js';
export { JobCostQueries } from './application/job-cost.queries.js';
export type { AccountEntry } from './application/ledger.store.js';
export { MeterAttemptService } from './application/meter-attempt.service.js';
export { Meter } from './application/meter.js';
export { OpenAccountService, type OpenAccountInput } from './application/open-account.service.js';
export { PoolSites } from './application/pool-sites.js';
export { Pricing, type LockPriceInput, type OfferPrice } from './application/pricing.js';
export { RateUsageService, type RatingSummary } from './application/rate-usage.service.js';
export { ReportQueries } from './application/report.queries.js';
export { TopUpService, type TopUpInput } from './application/top-up.service.js';
export type { Account } from './domain/account.js';
export { AccountingError, type AccountingErrorCode } from './domain/accounting.errors.js';
export { daysTouched } from './domain/billing-day.js';
export type { StartedAttempt } from './domain/metered-attempt.js';
export { type MeteringSite, energyOf } from './domain/metering-site.js';
export { type WholeNodes, holdForUse, quoteUse } from './domain/price-use.js';
export {
  type CenterReportRow,
  type DaySpan,
  type EnergySums,
  type JobCost,
  type PriceSums,
  type UsageDimension,
  type UsageGroup,
  type UsageReportRow,
} from './domain/reports.js';
