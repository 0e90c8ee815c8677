import type { CenterId, ClusterId, EpochSeconds, JobId, ProjectId } from '#libs/kernel';
import type { Page, PageRequest, TxContext } from '#libs/platform';
import type { Job, PlannableJob } from '../domain/job.js';
import type { JobEvent } from '../domain/job-event.js';
import type { JobState } from '../domain/job-state.js';
import type { CenterSegment, ProgressPoint, Segment } from '../domain/segment.js';

export interface JobFilter extends PageRequest {
  readonly state?: JobState;
  readonly projectId?: ProjectId;
  readonly label?: { readonly key: string; readonly value: string };
  /** The beginning of the name. */
  readonly q?: string;
}

/** Reads. What a tenant or an operator may see is the database's to say: no statement here names a tenant. */
export abstract class JobReader {
  abstract findJob(ctx: TxContext, jobId: JobId): Promise<Job | null>;
  abstract listJobs(ctx: TxContext, filter: JobFilter): Promise<Page<Job>>;
  abstract segmentsOfJob(ctx: TxContext, jobId: JobId): Promise<readonly Segment[]>;
  abstract listEvents(ctx: TxContext, page: PageRequest, jobId: JobId | null): Promise<Page<JobEvent>>;
  abstract progressOfJob(ctx: TxContext, jobId: JobId, page: PageRequest): Promise<Page<ProgressPoint>>;
  abstract latestProgress(ctx: TxContext, jobIds: readonly JobId[]): Promise<ReadonlyMap<JobId, ProgressPoint>>;
  abstract segmentsOfCenter(
    ctx: TxContext,
    page: PageRequest & { readonly centerId?: CenterId },
  ): Promise<Page<CenterSegment>>;
  abstract waitingJobs(ctx: TxContext): Promise<readonly PlannableJob[]>;
  abstract jobsToCancel(ctx: TxContext): Promise<readonly JobId[]>;
  abstract segmentsToDispatch(ctx: TxContext, before: EpochSeconds): Promise<readonly Segment[]>;
  abstract unfinishedSegments(ctx: TxContext, clusterId: ClusterId): Promise<readonly Segment[]>;
}
