import { dec, durationSeconds, type Decimal, type Interval } from '#libs/kernel';
import type { WindowSupply } from './supply.js';
import type { PlannerOptions } from './types.js';

/**
 * The search compares costs as whole numbers, so that sums of equal costs are equal whichever way they were cut: a rate
 * is in millionths of the currency an hour, a cost is rate × seconds. Exact up to 2.5 million of the currency; beyond
 * that it is off by parts in 10^16. Bounds are checked, and costs answered, in exact decimals afterwards.
 */
export type CostUnits = number;

const UNITS_PER_CURRENCY = 3600 * 1e6;

export function toCostUnits(amount: Decimal): CostUnits {
  return amount.times(UNITS_PER_CURRENCY).floor().toNumber();
}

/** Average rates by window and devices: asked of the options once, because a plan asks for them again for every job. */
export class RateTable {
  private readonly rates = new Map<WindowSupply, Map<number, number>>();

  constructor(private readonly options: PlannerOptions) {}

  rate(supply: WindowSupply, devices: number): number {
    let byDevices = this.rates.get(supply);
    if (byDevices === undefined) this.rates.set(supply, (byDevices = new Map<number, number>()));
    let rate = byDevices.get(devices);
    if (rate === undefined) byDevices.set(devices, (rate = this.averageRate(supply, devices)));
    return rate;
  }

  private averageRate(supply: WindowSupply, devices: number): number {
    const span: Interval = supply.window;
    const cost = this.options.segmentCost(supply.lane.id, devices, span);
    return cost
      .times(UNITS_PER_CURRENCY)
      .div(dec(durationSeconds(span)))
      .round()
      .toNumber();
  }
}
