import { Injectable } from '@nestjs/common';
import type { JobId, SegmentId } from '#libs/kernel';
import type { LogChunk } from '#libs/connectors';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { AttemptStore } from './attempt.store.js';
import { ClusterConnectors } from './cluster-connectors.js';

export interface ReadLogInput {
  readonly jobId: JobId;
  /** Null: the newest that has begun. */
  readonly segmentId: SegmentId | null;
  /** In bytes from the log's very beginning. */
  readonly offset: number;
  /** In bytes. */
  readonly limit: number;
}

export interface SegmentLog extends LogChunk {
  readonly segmentId: SegmentId;
}

/** What a job wrote to its standard output and error, from its cluster; whose job it is, the database says. */
@Injectable()
export class LogQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly attempts: AttemptStore,
    private readonly connectors: ClusterConnectors,
  ) {}

  /**
   * Null where nothing of it has begun (or it is another tenant's).
   * @throws ConnectorUnreachableError where the cluster does not answer, ConnectorRejectedError where it keeps no log any more
   */
  async read(context: OperationContext, input: ReadLogInput): Promise<SegmentLog | null> {
    const { jobId, segmentId, offset, limit } = input;
    const attempt = await this.transactions.run(context, (ctx) => this.attempts.findNewestBegun(ctx, jobId, segmentId));
    if (!attempt) return null;
    const connector = await this.connectors.connectorOf(context, attempt.clusterId);
    const chunk = await connector.readLog(attempt.token, { offset, limit });
    return { ...chunk, segmentId: attempt.segmentId };
  }
}
