import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secondsNow } from '../testing/attempts.js';
import { connectorContract } from '../testing/connector-contract.js';
import { localClusters } from '../testing/local-cluster.js';

connectorContract('local', () => {
  const clusters = localClusters();
  const cluster = clusters.make();
  const other = clusters.make();
  return Promise.resolve({
    connector: cluster.connector,
    other: other.connector,
    nodes: 40,
    now: secondsNow,
    damageCheckpoint: (jobId, name) => appendFile(join(cluster.checkpoints(jobId), name, 'state', 'count'), '0'),
    close: () => Promise.resolve(clusters.remove()),
  });
});
