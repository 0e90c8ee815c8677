import type { CenterId, EpochSeconds, Interval, PoolId } from '#libs/kernel';
import { meterEnergy } from '#libs/energy';
import type { Baseline, EnergyFigures, NodePower, Site, Tariff } from '#libs/energy';

/** What the meter must know of a pool and its center. */
export interface MeteringSite {
  readonly poolId: PoolId;
  readonly centerId: CenterId;
  readonly deviceKind: string | null;
  readonly power: NodePower;
  readonly baseline: Baseline;
  readonly site: Omit<Site, 'tariff'>;
  /** In force from `validFrom` until the next; in any order. */
  readonly tariffs: readonly { readonly validFrom: EpochSeconds; readonly tariff: Tariff }[];
}

/** Instants at which the price of electricity is another tariff's: records are cut there. */
export function tariffChanges(site: MeteringSite): EpochSeconds[] {
  return site.tariffs.map((each) => each.validFrom);
}

/** The site under the tariff in force at `at`; no tariff before the first one's start. */
export function siteAt(metering: MeteringSite, at: EpochSeconds): Site {
  const inForce = metering.tariffs.filter((each) => each.validFrom <= at).sort((a, b) => b.validFrom - a.validFrom)[0];
  return { ...metering.site, tariff: inForce?.tariff ?? null };
}

/** Modelled energy, cost and carbon of `nodes` over an interval in which the tariff does not change. */
export function energyOf(metering: MeteringSite, use: Interval & { readonly nodes: number }): EnergyFigures {
  const { power, baseline } = metering;
  const interval = { startsAt: use.startsAt, endsAt: use.endsAt };
  return meterEnergy({ nodes: use.nodes, power, baseline, interval, site: siteAt(metering, use.startsAt) });
}
