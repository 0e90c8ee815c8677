import { energyOf, holdForUse, type MeteringSite } from '#libs/accounting';
import { type Decimal, durationSeconds, type Interval, Money } from '#libs/kernel';
import { type PriceSchedule, PricingError, rateInterval } from '#libs/pricing';

/** What whole nodes of one offer cost a tenant, with fee and tax. */
export interface LanePrice {
  readonly schedule: PriceSchedule;
  readonly site: MeteringSite;
  readonly devicesPerNode: number;
}

/**
 * The gross price of an interval, as one usage record: what its records will be charged, but for their rounding.
 * Electricity that is passed through: as modelled under the tariff in force at the start.
 * @throws PricingError `electricity-unknown`
 */
export function costOf({ schedule, site, devicesPerNode }: LanePrice, devices: number, interval: Interval): Decimal {
  const { startsAt, endsAt } = interval;
  const deviceSeconds = devices * durationSeconds(interval);
  if (schedule.electricity === 'included') return rateInterval(schedule, deviceSeconds).gross;
  const nodes = devices / devicesPerNode;
  const { electricityCost, electricityCurrency } = energyOf(site, { startsAt, endsAt, nodes });
  const isKnown = electricityCost !== null && electricityCurrency !== null;
  return rateInterval(schedule, deviceSeconds, isKnown ? Money.of(electricityCost, electricityCurrency) : null).gross;
}

/** What accounting will hold. @throws PricingError `electricity-unknown` */
export function holdOf({ schedule, site, devicesPerNode }: LanePrice, devices: number, interval: Interval): Decimal {
  const { startsAt, endsAt } = interval;
  return holdForUse(schedule, site, { startsAt, endsAt, nodes: devices / devicesPerNode, devicesPerNode }).amount;
}

/** Whether any part of the interval can be priced: where electricity is passed through and its cost unknown, none can. */
export function isPriceable(price: LanePrice, interval: Interval): boolean {
  if (price.schedule.electricity === 'included') return true;
  try {
    costOf(price, price.devicesPerNode, interval);
    holdOf(price, price.devicesPerNode, interval);
    return true;
  } catch (error) {
    if (error instanceof PricingError) return false;
    throw error;
  }
}
