import type { ClusterId, EpochSeconds } from '#libs/kernel';
import type { UnixUser } from '#libs/platform';
import { Connector, type ConnectorTiming } from './connector.js';
import { ConnectorRejectedError } from './connectors.errors.js';
import { LocalConnector } from './local/local-connector.js';
import { LocalFolders, localRoot } from './local/local-folders.js';
import { localSettingsSchema } from './local/local-settings.js';

/** What the catalog says of how a cluster is reached; `connector` null: nothing runs there. */
export interface ConnectedCluster {
  readonly id: ClusterId;
  readonly connector: string | null;
  readonly settings: unknown;
}

export interface ConnectorOptions {
  /** Folder of the broker's own files. */
  readonly dataDir: string;
  /** Whom local jobs run as where the broker is root; null: as the broker itself. */
  readonly jobUser: UnixUser | null;
  readonly now: () => EpochSeconds;
}

/** One connector a cluster, made at first need and again when its settings have changed. */
export class ConnectorRegistry {
  private readonly made = new Map<ClusterId, { readonly key: string; readonly connector: Connector }>();

  constructor(private readonly options: ConnectorOptions) {}

  /** @throws ConnectorRejectedError where the cluster has no connector, an unknown one, or wrong settings */
  for(cluster: ConnectedCluster): Connector {
    const key = JSON.stringify([cluster.connector, cluster.settings]);
    const known = this.made.get(cluster.id);
    if (known?.key === key) return known.connector;
    const connector = this.make(cluster);
    this.made.set(cluster.id, { key, connector });
    return connector;
  }

  /** Null where nothing can run there: no connector, or settings that it refuses. */
  timingOf(cluster: ConnectedCluster): ConnectorTiming | null {
    if (cluster.connector === null) return null;
    try {
      return this.for(cluster).timing();
    } catch (error) {
      if (error instanceof ConnectorRejectedError) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    const connectors = [...this.made.values()].map((one) => one.connector);
    this.made.clear();
    await Promise.all(connectors.map((connector) => connector.close()));
  }

  private make(cluster: ConnectedCluster): Connector {
    switch (cluster.connector) {
      case 'local':
        return this.makeLocal(cluster);
      case null:
        throw new ConnectorRejectedError(`cluster ${cluster.id} has no connector: nothing can run there`);
      default:
        throw new ConnectorRejectedError(`there is no connector '${cluster.connector}'`);
    }
  }

  private makeLocal(cluster: ConnectedCluster): Connector {
    const settings = localSettingsSchema.safeParse(cluster.settings);
    if (!settings.success) {
      const faults = settings.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`.trim());
      throw new ConnectorRejectedError(`the settings of cluster ${cluster.id} are wrong: ${faults.join('; ')}`);
    }
    const { dataDir, jobUser, now } = this.options;
    const root = localRoot(dataDir, settings.data.root, jobUser);
    return new LocalConnector(new LocalFolders(root, cluster.id, jobUser), settings.data, now);
  }
}
