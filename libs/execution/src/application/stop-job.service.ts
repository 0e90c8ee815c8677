import { Injectable, Logger } from '@nestjs/common';
import type { JobId } from '#libs/kernel';
import { ConnectorRejectedError, ConnectorUnreachableError } from '#libs/connectors';
import { isLive, isTerminal, JobQueries, type Segment, SegmentRuns } from '#libs/jobs';
import { Clock, crashPoint, Doorbells, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';
import { AttemptStore } from './attempt.store.js';
import { ClusterConnectors } from './cluster-connectors.js';
import { ReservationRelease } from './reservation-release.js';

/** Carries out what a submitter asked for with `CancelJobService` of jobs, whatever state the job is in. */
@Injectable()
export class StopJobService {
  private readonly logger = new Logger('Cancelling');

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly doorbells: Doorbells,
    private readonly jobs: JobQueries,
    private readonly runs: SegmentRuns,
    private readonly attempts: AttemptStore,
    private readonly connectors: ClusterConnectors,
    private readonly release: ReservationRelease,
  ) {}

  /** Jobs that are to be cancelled and have not ended. */
  async findAsked(context: OperationContext): Promise<readonly JobId[]> {
    return this.jobs.findJobsToCancel(context);
  }

  /** Idempotent: until the end is proved it is asked for again. The end itself is seen by `ObserveClusterService`. */
  async execute(context: OperationContext, jobId: JobId): Promise<void> {
    const live = await this.transactions.run(context, async (ctx) => {
      const job = await this.runs.lockJob(ctx, jobId);
      if (!job || job.cancelRequestedAt === null || isTerminal(job.state)) return null;
      const standing = (await this.jobs.segmentsOfJob(ctx, jobId)).filter((segment) => segment.state !== 'ENDED');
      for (const segment of standing)
        if (segment.state === 'RESERVED') await this.release.giveUp(ctx, segment.id, 'cancelled');
      if (standing.length === 0)
        await this.runs.endPending(ctx, jobId, { to: 'CANCELLED', at: nowSeconds(this.clock) });
      return standing.find((segment) => isLive(segment.state)) ?? null;
    });
    if (live) await this.cancelRun(context, live);
  }

  private async cancelRun(context: OperationContext, segment: Segment): Promise<void> {
    const attempt = await this.transactions.run(context, (ctx) =>
      this.attempts.findUnsettledOfSegment(ctx, segment.id),
    );
    if (!attempt || attempt.state === 'ENDED') return;
    // Whether the cluster has it only the dispatcher can find out: it looks, and submits no more.
    if (attempt.externalId === null) return this.doorbells.ring('dispatch-segment', segment.id);
    try {
      const connector = await this.connectors.connectorOf(context, attempt.clusterId);
      crashPoint('cancel:before');
      await connector.cancel(attempt.externalId);
      crashPoint('cancel:after');
    } catch (error) {
      if (!(error instanceof ConnectorUnreachableError) && !(error instanceof ConnectorRejectedError)) throw error;
      this.logger.warn(`job ${segment.jobId} is not cancelled yet: ${error.message}`);
    }
    this.doorbells.ring('observe-cluster', attempt.clusterId);
  }
}
