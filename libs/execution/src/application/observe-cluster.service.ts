import { Injectable, Logger } from '@nestjs/common';
import type { ClusterId, SegmentId } from '#libs/kernel';
import { type Connector, ConnectorRejectedError, ConnectorUnreachableError } from '#libs/connectors';
import { JobQueries, type Segment } from '#libs/jobs';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt } from '../domain/attempt.js';
import { AttemptStore } from './attempt.store.js';
import { ClusterConnectors } from './cluster-connectors.js';
import { FinishSegmentService } from './finish-segment.service.js';
import { FollowAttempt } from './follow-attempt.js';
import { RecordRun } from './record-run.js';

/** Attempts of a cluster that are followed at the same time. */
const SIDE_BY_SIDE = 8;

/** Looks at a cluster: what has started, sealed, told, ended, and what follows from it. */
@Injectable()
export class ObserveClusterService {
  private readonly logger = new Logger('Observation');

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly jobs: JobQueries,
    private readonly attempts: AttemptStore,
    private readonly connectors: ClusterConnectors,
    private readonly follow: FollowAttempt,
    private readonly record: RecordRun,
    private readonly finish: FinishSegmentService,
  ) {}

  /** Clusters with something to look after. */
  async findClusters(context: OperationContext): Promise<readonly ClusterId[]> {
    return this.transactions.run(context, (ctx) => this.attempts.findBusyClusters(ctx));
  }

  /** Safe to run twice, and by several brokers at once. What goes wrong with one attempt keeps no other waiting. */
  async execute(context: OperationContext, clusterId: ClusterId): Promise<void> {
    const unsettled = await this.transactions.run(context, (ctx) => this.attempts.findUnsettled(ctx, clusterId));
    const submitted = unsettled.filter((attempt) => attempt.externalId !== null && attempt.state !== 'ENDED');
    if (submitted.length > 0) await this.look(context, clusterId, submitted);
    const ended = await this.transactions.run(context, (ctx) => this.attempts.findUnsettled(ctx, clusterId));
    for (const attempt of ended)
      if (attempt.state === 'ENDED') await this.guarded(attempt, () => this.finish.execute(context, attempt.segmentId));
  }

  private async look(context: OperationContext, clusterId: ClusterId, attempts: readonly Attempt[]): Promise<void> {
    let connector: Connector;
    let seen: Awaited<ReturnType<Connector['list']>>;
    try {
      connector = await this.connectors.connectorOf(context, clusterId);
      seen = await connector.list(attempts.map((attempt) => attempt.token));
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      // Out of sight is no end: everything stays as it is.
      this.logger.warn(`cluster ${clusterId} is not seen: ${error.message}`);
      return;
    }
    const byToken = new Map(seen.map((one) => [one.token, one]));
    const segments = await this.segmentsOf(context, clusterId);
    const isRunning = (attempt: Attempt) => byToken.get(attempt.token)?.state === 'running';
    await this.record.seen(context, attempts.filter(isRunning));
    for (let from = 0; from < attempts.length; from += SIDE_BY_SIDE)
      await Promise.all(
        attempts.slice(from, from + SIDE_BY_SIDE).map((attempt) =>
          this.guarded(attempt, async () => {
            const segment = segments.get(attempt.segmentId);
            const observed = byToken.get(attempt.token) ?? null;
            if (segment) await this.follow.execute(context, { attempt, segment, connector, observed });
          }),
        ),
      );
  }

  private async segmentsOf(context: OperationContext, clusterId: ClusterId): Promise<Map<SegmentId, Segment>> {
    const segments = await this.jobs.findUnfinishedSegments(context, clusterId);
    return new Map(segments.map((segment) => [segment.id, segment]));
  }

  private async guarded(attempt: Attempt, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { message, stack } = error as Error;
      if (isConnectorError(error)) this.logger.warn(`attempt ${attempt.token}: ${message}`);
      else this.logger.error(`attempt ${attempt.token}: ${message}`, stack);
    }
  }
}

function isConnectorError(error: unknown): error is ConnectorRejectedError | ConnectorUnreachableError {
  return error instanceof ConnectorRejectedError || error instanceof ConnectorUnreachableError;
}
