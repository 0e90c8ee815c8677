import { Money } from '#libs/kernel';
import type { Decimal, Interval } from '#libs/kernel';
import { electricityHold } from '#libs/energy';
import { PricingError, holdAmount, rateInterval, rateUsage } from '#libs/pricing';
import type { PriceSchedule, Rated } from '#libs/pricing';
import { energyOf, siteAt, tariffChanges } from './metering-site.js';
import type { MeteringSite } from './metering-site.js';

export interface WholeNodes {
  readonly nodes: number;
  readonly devicesPerNode: number;
}

/**
 * What whole nodes over an interval will be charged, as the records that metering will write: the same code that
 * charges, so equal to the last digit (electricity passed through: as modelled).
 * @throws PricingError `electricity-unknown` where it is passed through and watts, PUE or tariff are not known.
 */
export function quoteUse(
  schedule: PriceSchedule,
  site: MeteringSite,
  use: Interval & WholeNodes & { readonly billingZone: string },
): Rated {
  const electricityOf = (record: Interval): Money => modelledElectricity(site, { ...record, nodes: use.nodes });
  const { total } = rateUsage(schedule, {
    devices: use.nodes * use.devicesPerNode,
    interval: { startsAt: use.startsAt, endsAt: use.endsAt },
    billingZone: use.billingZone,
    extraCuts: tariffChanges(site),
    ...(schedule.electricity === 'passThrough' ? { electricityOf } : {}),
  });
  return total;
}

/**
 * What to hold for an interval that may start as late as its end is fixed: the time limit at the schedule's
 * price, and where electricity is passed through full power at the dearest band of the tariffs in force then.
 * @throws PricingError as `quoteUse`.
 */
export function holdForUse(schedule: PriceSchedule, site: MeteringSite, use: Interval & WholeNodes): Money {
  const seconds = use.endsAt - use.startsAt;
  if (isFree(schedule)) return Money.zero(schedule.currency);
  const electricity = schedule.electricity === 'passThrough' ? dearestElectricity(site, use, seconds) : null;
  return holdAmount(schedule, use.nodes * use.devicesPerNode, seconds, electricity);
}

/** What is free needs no funds: there is no rounding to provide for. */
function isFree({ centerPerDeviceHour, feePerDeviceHour, electricity }: PriceSchedule): boolean {
  return electricity === 'included' && centerPerDeviceHour.isZero() && feePerDeviceHour.isZero();
}

/** The charge of one usage record. Seconds beyond the time limit cost nothing, their electricity included. */
export function rateRecord(
  schedule: PriceSchedule,
  record: {
    readonly billableDeviceSeconds: number;
    readonly electricityCost: Decimal | null;
    readonly electricityCurrency: string | null;
  },
): Rated {
  const { billableDeviceSeconds, electricityCost, electricityCurrency } = record;
  if (billableDeviceSeconds === 0) return rateInterval(schedule, 0, Money.zero(schedule.currency));
  const electricity =
    electricityCost === null || electricityCurrency === null ? null : Money.of(electricityCost, electricityCurrency);
  return rateInterval(schedule, billableDeviceSeconds, electricity);
}

function modelledElectricity(site: MeteringSite, use: Interval & { readonly nodes: number }): Money {
  const { electricityCost, electricityCurrency, unknown } = energyOf(site, use);
  if (electricityCost === null || electricityCurrency === null) throw electricityUnknown(unknown.electricityCost);
  return Money.of(electricityCost, electricityCurrency);
}

function dearestElectricity(site: MeteringSite, use: Interval & WholeNodes, seconds: number): Money {
  const instants = [use.startsAt, ...tariffChanges(site).filter((at) => use.startsAt < at && at < use.endsAt)];
  const costs = instants.map((at) => {
    const here = siteAt(site, at);
    const { cost, reasons } = electricityHold({ nodes: use.nodes, power: site.power, site: here, seconds });
    if (cost === null || here.tariff === null) throw electricityUnknown(reasons.join('; '));
    return Money.of(cost, here.tariff.currency);
  });
  return costs.reduce((dearest, cost) => (cost.compare(dearest) > 0 ? cost : dearest));
}

function electricityUnknown(reason: string | undefined): PricingError {
  return new PricingError('electricity-unknown', `electricity is passed through, and its cost is not known: ${reason}`);
}
