export {  lockSchedule } from './price-schedule.js';
export type { ElectricityMode, LockScheduleInput, PriceSchedule } from './price-schedule.js';
export {
  
  
  billableSeconds,
  deviceHours,
  rateInterval,
  sumRated,
} from './rate-interval.js';
export type { Rated } from './rate-interval.js';
export { rateUsage } from './rate-usage.js';
export type { RateUsageInput, RatedRecord } from './rate-usage.js';
export { holdAmount } from './hold-amount.js';
export { usageCuts } from './usage-cuts.js';
export { PricingError } from './pricing.errors.js';
export type { PricingErrorCode } from './pricing.errors.js';
