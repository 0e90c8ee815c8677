import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CatalogQueries } from '#libs/catalog';
import {
  type Event,
  event,
  type Explanation,
  explanation,
  listOf,
  type LogChunk,
  logChunk,
  logQuery,
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
import { LogQueries } from '#libs/execution';
import { isTerminal, type Job, JobQueries, JobsError } from '#libs/jobs';
import { asId, type JobId, type SegmentId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { ForecastQueries } from '#libs/scheduling';
import { Action } from '../http/action.decorator.js';
import { Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { toApiEvent, toApiExplanation, toApiProgressPoint, toApiSegment } from './convert.js';

/** What belongs to one job. */
@Controller('v1/jobs/:id')
export class JobPartsController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly catalog: CatalogQueries,
    private readonly forecasts: ForecastQueries,
    private readonly logs: LogQueries,
  ) {}

  @Get('segments')
  @Action('job.read')
  @Answers(listOf(segment), { summary: 'Where it ran, runs and is to run', problems: ['job-not-found'] })
  async listSegments(@Context() context: OperationContext, @Param('id', ID) id: JobId): Promise<{ items: Segment[] }> {
    await this.find(context, id);
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
    await this.find(context, id);
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
    await this.find(context, id);
    return toApiPage(await this.jobs.progressOfJob(context, id, fromApiPage(query)), toApiProgressPoint);
  }

  @Get('logs')
  @Action('job.read')
  @Answers(logChunk, {
    summary: 'What it wrote, from an offset; of the newest segment that has begun, unless one is named',
    problems: ['job-not-found', 'connector-unreachable', 'connector-rejected'],
  })
  async readLog(
    @Context() context: OperationContext,
    @Param('id', ID) id: JobId,
    @Query({ schema: logQuery }) query: z.infer<typeof logQuery>,
  ): Promise<LogChunk> {
    const job = await this.find(context, id);
    const { offset, limit, segment: wanted } = query;
    const segmentId = wanted === undefined ? null : asId<SegmentId>(wanted);
    const log = await this.logs.read(context, { jobId: id, segmentId, offset, limit });
    if (!log) return { segment: null, text: '', offset, nextOffset: offset, end: isTerminal(job.state) };
    return { segment: log.segmentId, text: log.text, offset: log.offset, nextOffset: log.nextOffset, end: log.eof };
  }

  @Get('explain')
  @Action('job.read')
  @Answers(explanation, {
    summary: 'Why it waits, with figures, and what the newest plan expects of it',
    problems: ['job-not-found'],
  })
  async explainJob(@Context() context: OperationContext, @Param('id', ID) id: JobId): Promise<Explanation> {
    const job = await this.find(context, id);
    const forecast = (await this.forecasts.forecastsOfJobs(context, [id])).get(id) ?? null;
    const centerIds = [...new Set(forecast?.segments.map((each) => each.centerId))];
    const centers = await this.catalog.centersByIds(context, centerIds);
    return toApiExplanation(job, forecast, new Map([...centers].map(([centerId, { code }]) => [centerId, code])));
  }

  private async find(context: OperationContext, id: JobId): Promise<Job> {
    const job = await this.jobs.findJob(context, id);
    if (!job) throw new JobsError('job-not-found', `there is no job ${id}`);
    return job;
  }
}
