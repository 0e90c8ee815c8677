import { Injectable } from '@nestjs/common';
import type { ClusterId } from '#libs/kernel';
import { Clock, IdSource, type OperationContext, TransactionRunner, type TxContext, nowSeconds } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Cluster, Pool } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ClusterStore } from '../persistence/cluster.store.js';
import { PoolStore } from '../persistence/pool.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';
import { assertKeepsCenter } from './center-reach.js';
import { type PoolFields, poolColumns, poolFaults } from './pool-input.js';

export interface RegisterPoolInput extends PoolFields {
  readonly clusterId: ClusterId;
  readonly code: string;
}

/** Adds a pool to a cluster; what is stated of it has the provenance `operator`. */
@Injectable()
export class RegisterPoolService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly clusters: ClusterStore,
    private readonly pools: PoolStore,
    private readonly reference: ReferenceStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws CatalogError `cluster-not-found`, `center-not-yours`, `pool-code-taken`; InvalidInputError */
  async execute(context: OperationContext, input: RegisterPoolInput): Promise<Pool> {
    return this.transactions.run(context, async (ctx) => {
      const cluster = await this.clusterOf(ctx, input.clusterId);
      await this.refuseFaults(ctx, input);
      const pool: Pool = {
        id: this.ids.next(),
        clusterId: cluster.id,
        clusterCode: cluster.code,
        centerId: cluster.centerId,
        centerCode: cluster.centerCode,
        connector: cluster.connector,
        code: input.code,
        ...poolColumns(input),
        provenance: 'operator',
        version: 1,
        createdAt: nowSeconds(this.clock),
      };
      await this.pools.insert(ctx, pool);
      return pool;
    });
  }

  private async clusterOf(ctx: TxContext, id: ClusterId): Promise<Cluster> {
    const cluster = await this.clusters.find(ctx, id);
    if (!cluster) throw new CatalogError('cluster-not-found', 'there is no such cluster', { id });
    for (const center of await this.centers.findByIds(ctx, [cluster.centerId])) assertKeepsCenter(ctx, center);
    return cluster;
  }

  private async refuseFaults(ctx: TxContext, input: RegisterPoolInput): Promise<void> {
    const faults = poolFaults(input);
    faults.code('/code', input.code);
    const kind = input.deviceKind ?? null;
    if (kind !== null && !(await this.reference.hasDeviceKind(ctx, kind)))
      faults.add('/deviceKind', 'name a code of /v1/device-kinds, or null where it is unknown');
    faults.raise();
  }
}
