import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import {
  type Job,
  job,
  type JobListItem,
  jobListItem,
  type JobQuery,
  jobQuery,
  type Page,
  pageOf,
  type SubmitJob,
  submitJob,
} from '#libs/contracts';
import { IdentityQueries } from '#libs/identity';
import { CancelJobService, JobQueries, JobsError, SubmitJobService } from '#libs/jobs';
import { asId, type JobId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { NO_BODY } from '../wire/no-body.js';
import { fromApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { JobViews } from './job-views.service.js';
import { Submissions } from './submissions.service.js';

@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly submit: SubmitJobService,
    private readonly cancel: CancelJobService,
    private readonly identity: IdentityQueries,
    private readonly submissions: Submissions,
    private readonly views: JobViews,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('job.read')
  @Answers(pageOf(jobListItem), { summary: "The tenant's jobs, newest first" })
  async listJobs(
    @Context() context: OperationContext,
    @Query({ schema: jobQuery }) query: JobQuery,
  ): Promise<Page<JobListItem>> {
    const { project: code, label, state, q } = query;
    const project = code === undefined ? null : await this.identity.findProjectByCode(context, code);
    if (code !== undefined && !project) return { items: [], nextCursor: null };
    const { items, nextCursor } = await this.jobs.listJobs(context, {
      ...fromApiPage(query),
      ...(state === undefined ? {} : { state }),
      ...(project ? { projectId: project.id } : {}),
      ...(label === undefined ? {} : { label: labelOf(label) }),
      ...(q === undefined ? {} : { q }),
    });
    return { items: await this.views.listItemsOf(context, items), nextCursor };
  }

  @Get(':id')
  @Action('job.read')
  @Answers(job, { summary: 'One job, with reason, forecast, progress and cost', problems: ['job-not-found'] })
  readJob(@Context() context: OperationContext, @Param('id', ID) id: JobId): Promise<Job> {
    return this.view(context, id);
  }

  @Post()
  @Action('job.submit')
  @Creates(job, { summary: 'Submit a job', problems: ['no-account'] })
  createJob(@Call() call: ApiCall, @Body({ schema: submitJob }) body: SubmitJob): Promise<Job> {
    return this.creations.answer<Job>(call, {
      create: async (ctx) => {
        const made = await this.submit.execute(ctx, await this.submissions.accept(ctx, body));
        return { location: `/v1/jobs/${made.id}`, body: await this.views.viewOf(ctx, made) };
      },
      keep: (made) => ({ id: made.id }),
      recall: (context, kept) => this.view(context, asId<JobId>((kept as { readonly id: string }).id)),
    });
  }

  @Post(':id/cancel')
  @Action('job.cancel')
  @Answers(job, { summary: 'Cancel a job', takesBody: true, problems: ['job-not-found', 'job-already-ended'] })
  async cancelJob(
    @Context() context: OperationContext,
    @Param('id', ID) id: JobId,
    @Body(NO_BODY) _body: unknown,
  ): Promise<Job> {
    return this.views.viewOf(context, await this.cancel.execute(context, id));
  }

  private async view(context: OperationContext, id: JobId): Promise<Job> {
    const found = await this.jobs.findJob(context, id);
    if (!found) throw new JobsError('job-not-found', `there is no job ${id}`);
    return this.views.viewOf(context, found);
  }
}

function labelOf(text: string): { readonly key: string; readonly value: string } {
  const [key = '', ...value] = text.split('=');
  return { key, value: value.join('=') };
}
