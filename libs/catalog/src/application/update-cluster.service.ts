import { Injectable } from '@nestjs/common';
import type { ClusterId } from '#libs/kernel';
import { type OperationContext, TransactionRunner, type TxContext } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Cluster } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ClusterStore } from '../persistence/cluster.store.js';
import { assertKeepsCenter } from './center-reach.js';
import { type ClusterFields, clusterFaults } from './cluster-input.js';

export interface UpdateClusterInput {
  readonly id: ClusterId;
  /** The version that the caller saw; null: whatever stands there. */
  readonly version: number | null;
  readonly changes: Partial<ClusterFields>;
}

@Injectable()
export class UpdateClusterService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly clusters: ClusterStore,
  ) {}

  /** @throws CatalogError `cluster-not-found`, `center-not-yours`, `version-conflict`; InvalidInputError */
  async execute(context: OperationContext, input: UpdateClusterInput): Promise<Cluster> {
    const { id, version, changes } = input;
    clusterFaults(changes).raise();
    return this.transactions.run(context, async (ctx) => {
      const cluster = await this.find(ctx, id);
      for (const center of await this.centers.findByIds(ctx, [cluster.centerId])) assertKeepsCenter(context, center);
      const { connectorSettings: settings, ...rest } = changes;
      const connectorSettings = settings === null ? {} : settings;
      if (!(await this.clusters.update(ctx, { id, version }, { ...rest, connectorSettings })))
        throw new CatalogError('version-conflict', `this cluster has changed since version ${version}`, { id });
      return this.find(ctx, id);
    });
  }

  private async find(ctx: TxContext, id: ClusterId): Promise<Cluster> {
    const cluster = await this.clusters.find(ctx, id);
    if (cluster) return cluster;
    throw new CatalogError('cluster-not-found', 'there is no such cluster', { id });
  }
}
