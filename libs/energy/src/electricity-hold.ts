import { Decimal, dec } from '#libs/kernel';
import { combine, figureOf, known, unknownBecause } from './figure.js';
import type { Figure } from './figure.js';
import { assertCount } from './guards.js';
import { KWH_DECIMALS } from './meter-energy.js';
import { assertNodePower, fullWatts } from './node-power.js';
import type { NodePower } from './node-power.js';
import { assertSite, pueOf } from './site.js';
import type { Site } from './site.js';
import { dearestPricePerKwh } from './tariff.js';

const AMOUNT_DECIMALS = 12;

export interface ElectricityHoldInput {
  readonly nodes: number;
  readonly power: NodePower;
  readonly site: Site;
  readonly seconds: number;
}

/**
 * Full power at the dearest band: what to hold where electricity is passed through, in the tariff's currency.
 * At least the sum of the modelled costs of any records that the same seconds may be cut into (each of at
 * most `seconds` records may gain half a unit in IT kWh, in facility kWh and in money). Null with its reasons
 * where watts, PUE or tariff are unknown. A meter may still read above the stated full power.
 * @throws EnergyError `invalid-figure` as `meterEnergy`.
 */
export function electricityHold(input: ElectricityHoldInput): { cost: Decimal | null; reasons: readonly string[] } {
  assertCount('nodes', input.nodes);
  assertCount('seconds', input.seconds);
  assertNodePower(input.power);
  assertSite(input.site);
  const facilityKwh = combine(itKwhMax(input), pueOf(input.site), (kwh, pue) =>
    kwh.times(pue).plus(halfUnits(KWH_DECIMALS, input.seconds)),
  );
  const cost = combine(facilityKwh, dearestPrice(input.site), (kwh, price) =>
    kwh
      .times(price)
      .plus(halfUnits(AMOUNT_DECIMALS, input.seconds))
      .toDecimalPlaces(AMOUNT_DECIMALS, Decimal.ROUND_CEIL),
  );
  return { cost: cost.value, reasons: cost.reasons };
}

function itKwhMax({ nodes, power, seconds }: ElectricityHoldInput): Figure {
  const watts = combine(fullWatts(power), known(power.idleWatts ?? dec(0)), (full, idle) => Decimal.max(full, idle));
  const exact = combine(watts, known(dec(nodes).times(seconds)), (each, nodeSeconds) =>
    each.times(nodeSeconds).dividedBy(3_600_000),
  );
  return combine(exact, known(halfUnits(KWH_DECIMALS, seconds)), (kwh, slack) => kwh.plus(slack));
}

function dearestPrice(site: Site): Figure {
  if (site.tariff === null) return unknownBecause("the center's electricity tariff is not known");
  return figureOf(dearestPricePerKwh(site.tariff), 'the tariff has no band');
}

function halfUnits(decimals: number, count: number): Decimal {
  return dec(10).pow(-decimals).times(count).dividedBy(2);
}
