import { Injectable } from '@nestjs/common';
import { Clock, IdSource, type OperationContext, TransactionRunner, nowSeconds } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Cluster } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ClusterStore } from '../persistence/cluster.store.js';
import { assertKeepsCenter } from './center-reach.js';
import { type ClusterFields, clusterFaults } from './cluster-input.js';

export interface RegisterClusterInput extends ClusterFields {
  /** The center's code. */
  readonly center: string;
  readonly code: string;
}

/** Adds a cluster to a center. Without a connector it is catalogued and quoted, but nothing runs there. */
@Injectable()
export class RegisterClusterService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly clusters: ClusterStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws CatalogError `center-not-found`, `center-not-yours`, `cluster-code-taken`; InvalidInputError */
  async execute(context: OperationContext, input: RegisterClusterInput): Promise<Cluster> {
    const faults = clusterFaults(input);
    faults.code('/code', input.code);
    faults.raise();
    return this.transactions.run(context, async (ctx) => {
      const center = await this.centers.findByCode(ctx, input.center);
      if (!center)
        throw new CatalogError('center-not-found', `there is no center '${input.center}'`, { code: input.center });
      assertKeepsCenter(context, center);
      const cluster: Cluster = {
        id: this.ids.next(),
        centerId: center.id,
        centerCode: center.code,
        code: input.code,
        name: input.name,
        scheduler: input.scheduler ?? null,
        connector: input.connector ?? null,
        connectorSettings: input.connectorSettings ?? {},
        facts: input.facts ?? {},
        sources: input.sources ?? {},
        version: 1,
        createdAt: nowSeconds(this.clock),
      };
      await this.clusters.insert(ctx, cluster);
      return cluster;
    });
  }
}
