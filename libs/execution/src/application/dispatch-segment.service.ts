import { Injectable, Logger } from '@nestjs/common';
import type { ClusterId, SegmentId } from '#libs/kernel';
import { ConnectorRejectedError, ConnectorUnreachableError } from '#libs/connectors';
import { JobQueries, type Segment } from '#libs/jobs';
import { Clock, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt } from '../domain/attempt.js';
import { AttemptStore } from './attempt.store.js';
import { ClaimSegment } from './claim-segment.js';
import { ClusterConnectors } from './cluster-connectors.js';
import { DispatchLease } from './dispatch-lease.js';
import { FinishSegmentService } from './finish-segment.service.js';
import { ReservationRelease } from './reservation-release.js';
import { SubmitAttemptService } from './submit-attempt.service.js';

/** No connector asks for an attempt earlier before its start. */
const AHEAD_SECONDS_MAX = 600;

/** Sends reserved segments to their clusters in time, and takes up submissions that a killed broker left behind. */
@Injectable()
export class DispatchSegmentService {
  private readonly logger = new Logger('Dispatch');

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly jobs: JobQueries,
    private readonly attempts: AttemptStore,
    private readonly connectors: ClusterConnectors,
    private readonly claims: ClaimSegment,
    private readonly lease: DispatchLease,
    private readonly submission: SubmitAttemptService,
    private readonly finish: FinishSegmentService,
    private readonly release: ReservationRelease,
  ) {}

  /** Reserved segments that may be sent now, and those whose submission nobody is at. */
  async findDue(context: OperationContext): Promise<SegmentId[]> {
    const now = nowSeconds(this.clock);
    const reserved = await this.jobs.findSegmentsToDispatch(context, now + AHEAD_SECONDS_MAX);
    const leads = new Map<ClusterId, number>();
    for (const { clusterId } of reserved)
      if (!leads.has(clusterId)) leads.set(clusterId, await this.leadSeconds(context, clusterId));
    const due = reserved.filter((segment) => segment.startsAt - (leads.get(segment.clusterId) ?? 0) <= now);
    const left = await this.transactions.run(context, (ctx) => this.attempts.findUnsubmitted(ctx, now));
    return [...new Set([...due.map((segment) => segment.id), ...left])];
  }

  /** Safe to run twice, or at the same time by several brokers: one of them submits. */
  async execute(context: OperationContext, segmentId: SegmentId): Promise<void> {
    const segment = await this.jobs.findSegment(context, segmentId);
    try {
      if (segment?.state === 'RESERVED') await this.dispatch(context, segment);
      else if (segment?.state === 'SUBMITTING') await this.takeUp(context, segment);
    } catch (error) {
      if (!(error instanceof ConnectorUnreachableError) && !(error instanceof ConnectorRejectedError)) throw error;
      this.logger.warn(`segment ${segmentId} is not submitted yet: ${error.message}`);
    }
    // What was withdrawn on the way.
    await this.finish.execute(context, segmentId);
  }

  private async dispatch(context: OperationContext, segment: Segment): Promise<void> {
    const connector = await this.connectors.connectorOf(context, segment.clusterId).catch(async (error: unknown) => {
      if (!(error instanceof ConnectorRejectedError)) throw error;
      await this.transactions.run(context, (ctx) => this.release.giveUp(ctx, segment.id, 'no-connector'));
      throw error;
    });
    const attempt = await this.claims.execute(context, segment, connector.timing());
    if (attempt) await this.submit(context, attempt);
  }

  private async takeUp(context: OperationContext, segment: Segment): Promise<void> {
    const attempt = await this.transactions.run(context, (ctx) =>
      this.attempts.findUnsettledOfSegment(ctx, segment.id),
    );
    if (attempt?.state === 'SUBMITTING' && (await this.lease.take(context, attempt)))
      await this.submit(context, attempt);
  }

  private async submit(context: OperationContext, attempt: Attempt): Promise<void> {
    const connector = await this.connectors.connectorOf(context, attempt.clusterId);
    await this.lease.holding(context, attempt, () => this.submission.execute(context, attempt, connector));
  }

  private async leadSeconds(context: OperationContext, clusterId: ClusterId): Promise<number> {
    try {
      return (await this.connectors.connectorOf(context, clusterId)).timing().leadSeconds;
    } catch (error) {
      if (error instanceof ConnectorRejectedError) return 0;
      throw error;
    }
  }
}
