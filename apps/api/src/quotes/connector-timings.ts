import type { ConnectorRegistry } from '#libs/connectors';
import { ClusterTimings, type ClusterTiming } from '#libs/scheduling';

/** What the connectors say of their clusters: a quote leaves the same margins as a plan. */
export class ConnectorTimings extends ClusterTimings {
  constructor(private readonly registry: ConnectorRegistry) {
    super();
  }

  timingOf(cluster: Parameters<ClusterTimings['timingOf']>[0]): ClusterTiming | null {
    return this.registry.timingOf(cluster);
  }
}
