import { Injectable } from '@nestjs/common';
import type { JobId } from '#libs/kernel';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { ForecastStore, type JobForecast } from './forecast.store.js';

/** What the newest plan says, for readers. */
@Injectable()
export class ForecastQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly forecasts: ForecastStore,
  ) {}

  /** By job; jobs that are not waiting, or another tenant's, are missing. */
  async forecastsOfJobs(context: OperationContext, jobIds: readonly JobId[]): Promise<ReadonlyMap<JobId, JobForecast>> {
    if (jobIds.length === 0) return new Map();
    const found = await this.transactions.run(context, (ctx) => this.forecasts.findForecasts(ctx, jobIds));
    return new Map(found.map((forecast) => [forecast.jobId, forecast]));
  }
}
