import { Injectable } from '@nestjs/common';
import { dec } from '#libs/kernel';
import type { Decimal, PoolId } from '#libs/kernel';
import { CatalogQueries, type PoolSite } from '#libs/catalog';
import type { TxContext } from '#libs/platform';
import { AccountingError } from '../domain/accounting.errors.js';
import type { MeteringSite } from '../domain/metering-site.js';
import { PoolSites } from './pool-sites.js';

/** The catalog's plain data in the types that energy is computed with. */
@Injectable()
export class CatalogPoolSites extends PoolSites {
  constructor(private readonly catalog: CatalogQueries) {
    super();
  }

  async siteOf(ctx: TxContext, poolId: PoolId): Promise<MeteringSite> {
    const site = (await this.sitesOf(ctx, [poolId])).get(poolId);
    if (!site) throw new AccountingError('pool-not-found', 'the catalog has no such pool', { poolId });
    return site;
  }

  async sitesOf(ctx: TxContext, poolIds: readonly PoolId[]): Promise<ReadonlyMap<PoolId, MeteringSite>> {
    const sites = await this.catalog.sitesOfPools(ctx, poolIds);
    return new Map([...sites].map(([poolId, site]) => [poolId, fromCatalogSite(site)]));
  }
}

function fromCatalogSite({ poolId, deviceKind, power, baseline, center, tariffs, gridFactor }: PoolSite): MeteringSite {
  return {
    poolId,
    centerId: center.id,
    deviceKind,
    power: {
      idleWatts: decimal(power.idleWatts),
      fullWatts: decimal(power.fullWatts),
      suspendWatts: decimal(power.suspendWatts),
      utilisation: decimal(power.utilisation),
      source: power.source,
    },
    baseline,
    site: {
      pue: decimal(center.pue),
      pueYear: center.pueYear,
      pueSource: center.pueSource,
      marginalPue: decimal(center.marginalPue),
      gridFactor: gridFactor && {
        kgPerKwh: dec(gridFactor.kgPerKwh),
        year: gridFactor.year,
        // The catalog hands over location-based averages only.
        method: 'average',
        source: gridFactor.source,
      },
    },
    tariffs: tariffs.map(({ validFrom, bands, ...tariff }) => ({
      validFrom,
      tariff: {
        ...tariff,
        zone: center.zone,
        bands: bands.map((band) => ({ ...band, pricePerKwh: dec(band.pricePerKwh) })),
      },
    })),
  };
}

function decimal(text: string | null): Decimal | null {
  return text === null ? null : dec(text);
}
