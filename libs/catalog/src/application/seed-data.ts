import { readFileSync } from 'node:fs';
import type { Center, Cluster, DeviceKind, GridFactor, Pool, Tariff } from '../domain/read-types.js';

/** What stands in `seed/*.json`; where it comes from is told in the README. */
export interface SeedData {
  readonly deviceKinds: readonly DeviceKind[];
  readonly gridFactors: readonly GridFactor[];
  readonly centers: readonly Omit<Center, 'id' | 'version' | 'createdAt'>[];
  readonly clusters: readonly SeedCluster[];
  readonly pools: readonly SeedPool[];
  readonly tariffs: readonly SeedTariff[];
}

export type SeedCluster = Pick<Cluster, 'code' | 'name' | 'scheduler' | 'facts' | 'sources'> & {
  readonly center: string;
};
export type SeedPool = Omit<
  Pool,
  'id' | 'clusterId' | 'clusterCode' | 'centerId' | 'centerCode' | 'connector' | 'version' | 'createdAt'
> & {
  readonly center: string;
  readonly cluster: string;
};
export type SeedTariff = Pick<Tariff, 'currency' | 'bands' | 'representative' | 'source'> & {
  readonly center: string;
  /** RFC 3339. */
  readonly validFrom: string;
};

export function readSeedData(): SeedData {
  return {
    deviceKinds: read('device-kinds'),
    gridFactors: read('grid-factors'),
    centers: read('centers'),
    clusters: read('clusters'),
    pools: read('pools'),
    tariffs: read('tariffs'),
  };
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../seed/${name}.json`, import.meta.url), 'utf8')) as T;
}
