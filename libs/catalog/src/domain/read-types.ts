import type { CenterId, ClusterId, EpochSeconds, PoolId } from '#libs/kernel';

/** Where a fact came from, by the name of the field or fact. A figure without a source is null. */
export type Sources = Readonly<Record<string, string>>;
/** What is known beyond the columns, such as `rmaxTflops`; names end in their unit. */
export type Facts = Readonly<Record<string, unknown>>;
/** `published`: from the seed's sources; `operator`: stated by who runs the machine. */
export type Provenance = 'published' | 'operator';

export const CONNECTORS = ['local'] as const;
export type Connector = (typeof CONNECTORS)[number];

export const BASELINES = ['idle', 'suspended', 'poweredOff'] as const;
/** What an idle node would have drawn without us. */
export type Baseline = (typeof BASELINES)[number];

/** Decimals are text (`"1.04"`), plain, without trailing zeros. Null is unknown. */
export interface Center {
  readonly id: CenterId;
  readonly code: string;
  readonly name: string;
  readonly nameZh: string | null;
  readonly city: string | null;
  readonly province: string | null;
  /** IANA. */
  readonly zone: string;
  /** A grid factor's region, such as `CN-GD`. */
  readonly gridRegion: string | null;
  readonly status: string | null;
  /** Degrees, approximate; `sources.coordinates` says how far. */
  readonly latitude: string | null;
  readonly longitude: string | null;
  readonly pue: string | null;
  readonly pueYear: number | null;
  readonly pueSource: string | null;
  readonly marginalPue: string | null;
  readonly provenance: Provenance;
  readonly facts: Facts;
  readonly sources: Sources;
  readonly version: number;
  readonly createdAt: EpochSeconds;
}

export interface Cluster {
  readonly id: ClusterId;
  readonly centerId: CenterId;
  readonly centerCode: string;
  readonly code: string;
  readonly name: string;
  readonly scheduler: string | null;
  /** Null: catalogued and quoted, but nothing runs there. */
  readonly connector: Connector | null;
  readonly connectorSettings: Facts;
  readonly facts: Facts;
  readonly sources: Sources;
  readonly version: number;
  readonly createdAt: EpochSeconds;
}

export interface Pool {
  readonly id: PoolId;
  readonly clusterId: ClusterId;
  readonly clusterCode: string;
  readonly centerId: CenterId;
  readonly centerCode: string;
  /** Its cluster's. Null: catalogued and quoted, but nothing runs there. */
  readonly connector: Connector | null;
  readonly code: string;
  readonly name: string;
  readonly deviceKind: string | null;
  readonly devicesPerNode: number | null;
  readonly nodes: number | null;
  /** Watts of one node at the wall of its rack. */
  readonly idleWatts: string | null;
  readonly fullWatts: string | null;
  readonly suspendWatts: string | null;
  /** 0 to 1: the stated default where nothing was measured. */
  readonly utilisation: string | null;
  readonly powerSource: string | null;
  readonly baseline: Baseline;
  readonly provenance: Provenance;
  readonly facts: Facts;
  readonly sources: Sources;
  readonly version: number;
  readonly createdAt: EpochSeconds;
}

export interface DeviceKind {
  readonly code: string;
  readonly name: string;
  readonly vendor: string | null;
  readonly kind: 'accelerator' | 'cpu';
  /** What one device of a pool is. */
  readonly unit: 'device' | 'socket' | 'core';
  /** Converted from the data sheets' decimal GB, to 3 decimals. */
  readonly memoryGib: string | null;
  readonly memoryBandwidthGbs: string | null;
  readonly tdpWatts: string | null;
  /** Dense peak by precision (`fp64`, `bf16` ...), never with sparsity. An absent precision is unknown or not there. */
  readonly peakDenseTflops: Readonly<Record<string, number>>;
  readonly releasedOn: string | null;
  readonly source: string | null;
  /** `datasheet`, `paper`, `secondary`, `mixed`, `derived`, `estimate`, `memory` (then without figures) ... */
  readonly confidence: string | null;
}

export interface TariffBand {
  readonly name: string;
  /** 1 to 12. */
  readonly months: readonly number[];
  /** `HH:MM` on the center's clock; `to` is exclusive, before `from` it wraps midnight, `24:00` ends the day. */
  readonly from: string;
  readonly to: string;
  readonly pricePerKwh: string;
}

export interface Tariff {
  readonly id: string;
  readonly centerId: CenterId;
  readonly centerCode: string;
  /** In force until the next one of its center. */
  readonly validFrom: EpochSeconds;
  readonly currency: string;
  /** The first that matches an instant is its price. */
  readonly bands: readonly TariffBand[];
  /** True where only hours, ratios and a rounded level are known. */
  readonly representative: boolean;
  readonly source: string;
  readonly createdAt: EpochSeconds;
}

export interface GridFactor {
  readonly region: string;
  readonly year: number;
  /** `average`: location-based; what Yusuan counts with. */
  readonly method: string;
  readonly kgPerKwh: string;
  readonly source: string;
}

/** What metering and planning need of a pool's site: plain data, turned into the types of `energy` by who computes. */
export interface PoolSite {
  readonly poolId: PoolId;
  readonly poolCode: string;
  readonly poolName: string;
  readonly deviceKind: string | null;
  readonly devicesPerNode: number | null;
  readonly nodes: number | null;
  readonly power: {
    readonly idleWatts: string | null;
    readonly fullWatts: string | null;
    readonly suspendWatts: string | null;
    readonly utilisation: string | null;
    readonly source: string | null;
  };
  readonly baseline: Baseline;
  readonly center: Pick<
    Center,
    'id' | 'code' | 'name' | 'zone' | 'gridRegion' | 'pue' | 'pueYear' | 'pueSource' | 'marginalPue'
  >;
  readonly cluster: {
    readonly id: ClusterId;
    readonly code: string;
    readonly connector: Connector | null;
    readonly settings: Facts;
  };
  /** Oldest first. */
  readonly tariffs: readonly Pick<Tariff, 'validFrom' | 'currency' | 'bands' | 'representative' | 'source'>[];
  /** The newest `average` of the center's grid region. */
  readonly gridFactor: GridFactor | null;
}
