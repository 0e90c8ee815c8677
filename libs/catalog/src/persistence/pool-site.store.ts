import { Injectable } from '@nestjs/common';
import { type CenterId, type ClusterId, type PoolId, dec, formatDecimal, toEpochSeconds } from '#libs/kernel';
import { type TxContext, query } from '#libs/platform';
import type { Baseline, Connector, Facts, GridFactor, PoolSite, TariffBand } from '../domain/read-types.js';

interface SiteRow {
  pool_id: PoolId;
  pool_code: string;
  pool_name: string;
  device_kind: string | null;
  devices_per_node: number | null;
  nodes: number | null;
  idle_watts: string | null;
  full_watts: string | null;
  suspend_watts: string | null;
  utilisation: string | null;
  power_source: string | null;
  baseline: Baseline;
  center_id: CenterId;
  center_code: string;
  center_name: string;
  zone: string;
  grid_region: string | null;
  pue: string | null;
  pue_year: number | null;
  pue_source: string | null;
  marginal_pue: string | null;
  cluster_id: ClusterId;
  cluster_code: string;
  connector: Connector | null;
  connector_settings: Facts;
}

interface TariffRow {
  center_id: CenterId;
  valid_from: Date;
  currency: string;
  bands: TariffBand[];
  representative: boolean;
  source: string;
}

interface FactorRow {
  region: string;
  year: number;
  method: string;
  kg_per_kwh: string;
  source: string;
}

const SITES = `
  SELECT p.id AS pool_id, p.code AS pool_code, p.name AS pool_name, p.device_kind, p.devices_per_node, p.nodes,
    p.idle_watts, p.full_watts, p.suspend_watts, p.utilisation, p.power_source, p.baseline,
    c.id AS center_id, c.code AS center_code, c.name AS center_name, c.zone, c.grid_region,
    c.pue, c.pue_year, c.pue_source, c.marginal_pue,
    k.id AS cluster_id, k.code AS cluster_code, k.connector, k.connector_settings
  FROM pool p JOIN cluster k ON k.id = p.cluster_id JOIN center c ON c.id = p.center_id
  WHERE p.id = ANY ($1)`;

const TARIFFS = `
  SELECT center_id, valid_from, currency, bands, representative, source
  FROM tariff WHERE center_id = ANY ($1) ORDER BY center_id, valid_from`;

const NEWEST_FACTORS = `
  SELECT DISTINCT ON (region) region, year, method, kg_per_kwh, source
  FROM grid_factor WHERE region = ANY ($1) AND method = 'average' ORDER BY region, year DESC`;

/** Joined by hand in three statements whatever the number of pools: metering reads this for every batch. */
@Injectable()
export class PoolSiteStore {
  async sitesOfPools(ctx: TxContext, poolIds: readonly PoolId[]): Promise<Map<PoolId, PoolSite>> {
    const rows = await query<SiteRow>(ctx, SITES, [poolIds]);
    const centerIds = [...new Set(rows.map((row) => row.center_id))];
    const regions = [...new Set(rows.flatMap((row) => row.grid_region ?? []))];
    const tariffs = await query<TariffRow>(ctx, TARIFFS, [centerIds]);
    const factors = await query<FactorRow>(ctx, NEWEST_FACTORS, [regions]);
    const sites = rows.map((row) => fromDbSite(row, tariffs, factors));
    return new Map(sites.map((site) => [site.poolId, site]));
  }
}

function fromDbSite(row: SiteRow, tariffs: readonly TariffRow[], factors: readonly FactorRow[]): PoolSite {
  const factor = factors.find((one) => one.region === row.grid_region);
  return {
    poolId: row.pool_id,
    poolCode: row.pool_code,
    poolName: row.pool_name,
    deviceKind: row.device_kind,
    devicesPerNode: row.devices_per_node,
    nodes: row.nodes,
    power: {
      idleWatts: plain(row.idle_watts),
      fullWatts: plain(row.full_watts),
      suspendWatts: plain(row.suspend_watts),
      utilisation: plain(row.utilisation),
      source: row.power_source,
    },
    baseline: row.baseline,
    center: fromDbCenter(row),
    cluster: { id: row.cluster_id, code: row.cluster_code, connector: row.connector, settings: row.connector_settings },
    tariffs: tariffs.filter((one) => one.center_id === row.center_id).map(fromDbTariff),
    gridFactor: factor ? fromDbFactor(factor) : null,
  };
}

function fromDbCenter(row: SiteRow): PoolSite['center'] {
  return {
    id: row.center_id,
    code: row.center_code,
    name: row.center_name,
    zone: row.zone,
    gridRegion: row.grid_region,
    pue: plain(row.pue),
    pueYear: row.pue_year,
    pueSource: row.pue_source,
    marginalPue: plain(row.marginal_pue),
  };
}

function fromDbTariff(row: TariffRow): PoolSite['tariffs'][number] {
  const { currency, bands, representative, source } = row;
  return { validFrom: toEpochSeconds(row.valid_from), currency, bands, representative, source };
}

function fromDbFactor(row: FactorRow): GridFactor {
  const { region, year, method, source } = row;
  return { region, year, method, kgPerKwh: formatDecimal(dec(row.kg_per_kwh)), source };
}

function plain(numeric: string | null): string | null {
  return numeric === null ? null : formatDecimal(dec(numeric));
}
