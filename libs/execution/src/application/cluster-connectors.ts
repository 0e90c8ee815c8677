import { Injectable } from '@nestjs/common';
import type { ClusterId } from '#libs/kernel';
import { CatalogQueries } from '#libs/catalog';
import { type Connector, ConnectorRegistry, ConnectorRejectedError } from '#libs/connectors';
import type { OperationContext } from '#libs/platform';

/** How a cluster is reached, as the catalog says at this moment. */
@Injectable()
export class ClusterConnectors {
  constructor(
    private readonly catalog: CatalogQueries,
    private readonly registry: ConnectorRegistry,
  ) {}

  /** @throws ConnectorRejectedError where nothing can run there */
  async connectorOf(context: OperationContext, clusterId: ClusterId): Promise<Connector> {
    const cluster = await this.catalog.findCluster(context, clusterId);
    if (!cluster) throw new ConnectorRejectedError(`there is no cluster ${clusterId}`, { clusterId });
    return this.registry.for({ id: clusterId, connector: cluster.connector, settings: cluster.connectorSettings });
  }
}
