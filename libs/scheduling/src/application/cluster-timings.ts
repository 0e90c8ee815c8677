import type { ClusterId } from '#libs/kernel';

/** What planning must know of how a cluster is driven; the connectors say it, and the process joins both. */
export interface ClusterTiming {
  /** How long before its window a segment must end. */
  readonly marginSeconds: number;
  /** How long before its end a segment is asked for its last checkpoint. */
  readonly leadSeconds: number;
}

export abstract class ClusterTimings {
  /** Null where the cluster has no connector: it is quoted, and nothing runs there. */
  abstract timingOf(cluster: {
    readonly id: ClusterId;
    readonly connector: string | null;
    readonly settings: unknown;
  }): ClusterTiming | null;
}
