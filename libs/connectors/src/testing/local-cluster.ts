import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asId, type ClusterId, type JobId } from '#libs/kernel';
import { jobUser, type UnixUser } from '#libs/platform';
import type { Connector } from '../connector.js';
import { ConnectorRegistry } from '../connector-registry.js';
import { secondsNow } from './attempts.js';

export interface LocalCluster {
  readonly connector: Connector;
  /** The cluster's folder. */
  readonly folder: string;
  readonly run: (token: string) => string;
  readonly checkpoints: (jobId: JobId) => string;
  /** The connector that a broker makes after its restart. */
  restarted(): Connector;
}

export interface LocalClusters {
  readonly dataDir: string;
  make(settings?: Record<string, unknown>): LocalCluster;
  remove(): void;
}

/** Local clusters in a throw-away folder that the jobs' user can reach. */
export function localClusters(user: UnixUser | null = jobUser()): LocalClusters {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'yusuan-connectors-')));
  chmodSync(dataDir, 0o755);
  const registry = () => new ConnectorRegistry({ dataDir, jobUser: user, now: secondsNow });
  return {
    dataDir,
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
    make(settings = {}) {
      const cluster = {
        id: asId<ClusterId>(randomUUID()),
        connector: 'local',
        settings: { slots: 40, graceSeconds: 1, startTimeoutSeconds: 5, ...settings },
      };
      const folder = join(dataDir, 'local', cluster.id);
      return {
        connector: registry().for(cluster),
        folder,
        run: (token) => join(folder, 'attempts', token, 'run'),
        checkpoints: (jobId) => join(folder, 'jobs', jobId, 'checkpoints'),
        restarted: () => registry().for(cluster),
      };
    },
  };
}
