export { SchedulingModule } from './scheduling.module.js';
export { ClusterTimings, type ClusterTiming } from './application/cluster-timings.js';
export { ForecastQueries } from './application/forecast-queries.service.js';
export type { JobForecast } from './application/forecast.store.js';
export { PlanRoundService } from './application/plan-round.service.js';
export { RequestQuoteService } from './application/request-quote.service.js';
export { demandOfRequest } from './domain/demand-of-request.js';
