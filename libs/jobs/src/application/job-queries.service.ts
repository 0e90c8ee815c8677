import { Injectable } from '@nestjs/common';
import type { CenterId, ClusterId, EpochSeconds, JobId, SegmentId } from '#libs/kernel';
import { type OperationContext, type Page, type PageRequest, TransactionRunner } from '#libs/platform';
import type { JobEvent } from '../domain/job-event.js';
import type { Job, PlannableJob } from '../domain/job.js';
import type { CenterSegment, ProgressPoint, Segment } from '../domain/segment.js';
import { type JobFilter, JobReader } from './job-reader.store.js';
import { SegmentStore } from './segment.store.js';

/** What a tenant's key, an operator's key or the broker itself may see of jobs. Pages are newest first. */
@Injectable()
export class JobQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reader: JobReader,
    private readonly segments: SegmentStore,
  ) {}

  /** Null where there is none, or it is another tenant's. */
  async findJob(context: OperationContext, jobId: JobId): Promise<Job | null> {
    return this.transactions.run(context, (ctx) => this.reader.findJob(ctx, jobId));
  }

  async listJobs(context: OperationContext, filter: JobFilter): Promise<Page<Job>> {
    return this.transactions.run(context, (ctx) => this.reader.listJobs(ctx, filter));
  }

  /** In the order in which they were reserved. */
  async segmentsOfJob(context: OperationContext, jobId: JobId): Promise<readonly Segment[]> {
    return this.transactions.run(context, (ctx) => this.reader.segmentsOfJob(ctx, jobId));
  }

  /** The job's own events and its segments'. */
  async eventsOfJob(context: OperationContext, jobId: JobId, page: PageRequest): Promise<Page<JobEvent>> {
    return this.transactions.run(context, (ctx) => this.reader.listEvents(ctx, page, jobId));
  }

  /** All that happened to the tenant. */
  async eventsOfTenant(context: OperationContext, page: PageRequest): Promise<Page<JobEvent>> {
    return this.transactions.run(context, (ctx) => this.reader.listEvents(ctx, page, null));
  }

  /** Newest segment first, within it the last step first. */
  async progressOfJob(context: OperationContext, jobId: JobId, page: PageRequest): Promise<Page<ProgressPoint>> {
    return this.transactions.run(context, (ctx) => this.reader.progressOfJob(ctx, jobId, page));
  }

  /** The last step of each job that has told of one. */
  async latestProgress(
    context: OperationContext,
    jobIds: readonly JobId[],
  ): Promise<ReadonlyMap<JobId, ProgressPoint>> {
    return this.transactions.run(context, (ctx) => this.reader.latestProgress(ctx, jobIds));
  }

  /** Of the centers that the operation's key names: no script, environment or name of a job. */
  async segmentsOfCenter(
    context: OperationContext,
    page: PageRequest & { readonly centerId?: CenterId },
  ): Promise<Page<CenterSegment>> {
    return this.transactions.run(context, (ctx) => this.reader.segmentsOfCenter(ctx, page));
  }

  async findSegment(context: OperationContext, segmentId: SegmentId): Promise<Segment | null> {
    return this.transactions.run(
      context,
      async (ctx) => (await this.segments.findSegment(ctx, segmentId))?.segment ?? null,
    );
  }

  /** Jobs of all tenants that wait or run and are not to be cancelled, by ascending id. The worker's. */
  async findWaitingJobs(context: OperationContext): Promise<readonly PlannableJob[]> {
    return this.transactions.run(context, (ctx) => this.reader.waitingJobs(ctx));
  }

  /** Jobs that are to be cancelled and have not ended. The worker's. */
  async findJobsToCancel(context: OperationContext): Promise<readonly JobId[]> {
    return this.transactions.run(context, (ctx) => this.reader.jobsToCancel(ctx));
  }

  /** Reserved segments that start before an instant, the earliest first. The worker's. */
  async findSegmentsToDispatch(context: OperationContext, before: EpochSeconds): Promise<readonly Segment[]> {
    return this.transactions.run(context, (ctx) => this.reader.segmentsToDispatch(ctx, before));
  }

  /** Reserved and live segments of a cluster. The worker's. */
  async findUnfinishedSegments(context: OperationContext, clusterId: ClusterId): Promise<readonly Segment[]> {
    return this.transactions.run(context, (ctx) => this.reader.unfinishedSegments(ctx, clusterId));
  }
}
