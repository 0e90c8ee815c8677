import { Injectable } from '@nestjs/common';
import { type JobCost, JobCostQueries } from '#libs/accounting';
import type { Job as ApiJob, JobListItem } from '#libs/contracts';
import { IdentityQueries } from '#libs/identity';
import { type Job, JobQueries } from '#libs/jobs';
import { type JobId, Money } from '#libs/kernel';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { ForecastQueries } from '#libs/scheduling';
import { type JobJoins, toApiJob, toApiJobListItem } from './convert.js';

/** Jobs as their tenant reads them: with project, reason, forecast, progress and cost, each from its own library. */
@Injectable()
export class JobViews {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly identity: IdentityQueries,
    private readonly jobs: JobQueries,
    private readonly costs: JobCostQueries,
    private readonly forecasts: ForecastQueries,
  ) {}

  async viewOf(context: OperationContext, job: Job): Promise<ApiJob> {
    return toApiJob(job, (await this.joinsOf(context, [job]))(job));
  }

  async listItemsOf(context: OperationContext, jobs: readonly Job[]): Promise<JobListItem[]> {
    const joins = await this.joinsOf(context, jobs);
    return jobs.map((job) => toApiJobListItem(job, joins(job)));
  }

  /** One query a library, for all jobs of the page. */
  private joinsOf(context: OperationContext, jobs: readonly Job[]): Promise<(job: Job) => JobJoins> {
    const jobIds = jobs.map((job) => job.id);
    return this.transactions.run(context, async (ctx) => {
      const projects = await this.identity.projectsByIds(ctx, [...new Set(jobs.map((job) => job.projectId))]);
      const progress = await this.jobs.latestProgress(ctx, jobIds);
      const forecasts = await this.forecasts.forecastsOfJobs(ctx, jobIds);
      const costs = await this.costs.costsOfJobs(ctx, jobIds);
      return (job) => ({
        project: projects.get(job.projectId)?.code ?? '',
        forecast: forecasts.get(job.id) ?? null,
        progress: progress.get(job.id) ?? null,
        ...costOf(job, costs),
      });
    });
  }
}

function costOf(job: Job, costs: ReadonlyMap<JobId, JobCost[]>) {
  const cost = costs.get(job.id)?.find((each) => each.currency === job.currency);
  const zero = Money.zero(job.currency);
  return {
    charged: cost ? Money.of(cost.charged.gross, job.currency) : zero,
    provisional: cost ? Money.of(cost.provisional.gross, job.currency) : zero,
  };
}
