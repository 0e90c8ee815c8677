import { Injectable, Logger } from '@nestjs/common';
import { type Connector, ConnectorRejectedError } from '#libs/connectors';
import { crashPoint, type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt, Checkpoint } from '../domain/attempt.js';
import { CheckpointStore } from './checkpoint.store.js';
import { ClusterConnectors } from './cluster-connectors.js';

/** Older ones than these were dropped by their cluster long ago. */
const CANDIDATES_MAX = 8;

/** Brings the newest checkpoint that verifies to where the attempt will run, and makes the run begin there. */
@Injectable()
export class StageCheckpointService {
  private readonly logger = new Logger('Staging');

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly connectors: ClusterConnectors,
    private readonly checkpoints: CheckpointStore,
  ) {}

  /**
   * Null where none verifies: the run begins anew. Idempotent; between attempts only.
   * @throws ConnectorUnreachableError where the cluster that has it does not answer: nothing is given up for that
   */
  async execute(context: OperationContext, attempt: Attempt, target: Connector): Promise<Checkpoint | null> {
    const candidates = await this.transactions.run(context, (ctx) =>
      this.checkpoints.newestOfJob(ctx, attempt.jobId, CANDIDATES_MAX),
    );
    for (const checkpoint of candidates) {
      if (!(await this.bring(context, attempt, { checkpoint, target }))) continue;
      await target.prepareResume(attempt.jobId, checkpoint.name);
      return checkpoint;
    }
    await target.prepareResume(attempt.jobId, null);
    return null;
  }

  private async bring(
    context: OperationContext,
    attempt: Attempt,
    { checkpoint, target }: { readonly checkpoint: Checkpoint; readonly target: Connector },
  ): Promise<boolean> {
    if (await target.verifyCheckpoint(attempt.jobId, checkpoint)) return true;
    if (checkpoint.clusterId === attempt.clusterId) return this.refuse(checkpoint, 'it does not verify');
    try {
      const source = await this.connectors.connectorOf(context, checkpoint.clusterId);
      crashPoint('stage:before-copy');
      await target.importCheckpoint(attempt.jobId, checkpoint, source);
      crashPoint('stage:after-copy');
      return true;
    } catch (error) {
      if (error instanceof ConnectorRejectedError) return this.refuse(checkpoint, error.message);
      throw error;
    }
  }

  private refuse(checkpoint: Checkpoint, why: string): false {
    this.logger.warn(`checkpoint ${checkpoint.name} of job ${checkpoint.jobId} is passed over: ${why}`);
    return false;
  }
}
