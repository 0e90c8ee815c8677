import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CatalogQueries } from '#libs/catalog';
import {
  type Event,
  event,
  listOf,
  type Page,
  pageOf,
  pageQuery,
  type PageQuery,
  type ProgressPoint,
  progressPoint,
  progressQuery,
  type Segment,
  segment,
} from '#libs/contracts';
import { JobQueries, JobsError } from '#libs/jobs';
import type { JobId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { toApiEvent, toApiProgressPoint, toApiSegment } from './convert.js';

/** What belongs to one job. */
@Controller('v1/jobs/:id')
export class JobPartsController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly catalog: CatalogQueries,
  ) {}

  @Get('segments')
  @Action('job.read')
  @Answers(listOf(segment), { summary: 'Where it ran, runs and is to run', problems: ['job-not-found'] })
  async listSegments(@Context() context: OperationContext, @Param('id', ID) id: JobId): Promise<{ items: Segment[] }> {
    await this.refuseUnknown(context, id);
    const segments = await this.jobs.segmentsOfJob(context, id);
    const centers = await this.catalog.centersByIds(context, [...new Set(segments.map((each) => each.centerId))]);
    return { items: segments.map((each) => toApiSegment(each, centers.get(each.centerId)?.code ?? '')) };
  }

  @Get('events')
  @Action('job.read')
  @Answers(pageOf(event), { summary: 'All that happened to it and its segments', problems: ['job-not-found'] })
  async listEvents(
    @Context() context: OperationContext,
    @Param('id', ID) id: JobId,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<Page<Event>> {
    await this.refuseUnknown(context, id);
    return toApiPage(await this.jobs.eventsOfJob(context, id, fromApiPage(query)), toApiEvent);
  }

  @Get('progress')
  @Action('job.read')
  @Answers(pageOf(progressPoint), {
    summary: 'What it reported of itself, the last first',
    problems: ['job-not-found'],
  })
  async listProgress(
    @Context() context: OperationContext,
    @Param('id', ID) id: JobId,
    @Query({ schema: progressQuery }) query: z.infer<typeof progressQuery>,
  ): Promise<Page<ProgressPoint>> {
    await this.refuseUnknown(context, id);
    return toApiPage(await this.jobs.progressOfJob(context, id, fromApiPage(query)), toApiProgressPoint);
  }

  private async refuseUnknown(context: OperationContext, id: JobId): Promise<void> {
    if (!(await this.jobs.findJob(context, id))) throw new JobsError('job-not-found', `there is no job ${id}`);
  }
}
