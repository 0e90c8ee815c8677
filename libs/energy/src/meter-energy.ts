import { dec, durationSeconds } from '#libs/kernel';
import type { Currency, Decimal, Interval } from '#libs/kernel';
import { EnergyError } from './energy.errors.js';
import { combine, figureOf, known, rounded, unknownBecause } from './figure.js';
import type { Figure } from './figure.js';
import { assertBetween, assertCount, assertInterval } from './guards.js';
import { assertNodePower, baselineWatts, workingWatts } from './node-power.js';
import type { Baseline, NodePower } from './node-power.js';
import { assertSite, marginalPueOf, pueOf } from './site.js';
import type { Site } from './site.js';
import { electricityCost } from './tariff-slices.js';

export const KWH_DECIMALS = 9;
const CARBON_KG_DECIMALS = 9;
const WATT_SECONDS_PER_KWH = 3_600_000;

/** From strongest to weakest. */
export type EnergyProvenance = 'measured' | 'apportioned' | 'modelled';

export interface MeterEnergyInput {
  readonly nodes: number;
  readonly power: NodePower;
  readonly baseline: Baseline;
  readonly interval: Interval;
  readonly site: Site;
  /** What meters say that all `nodes` drew in the interval; without it the energy is modelled from `power`. */
  readonly measuredItKwh?: Decimal | null;
  /** `apportioned` where the meter covers more than these nodes or this interval and a share was taken. */
  readonly measuredProvenance?: 'measured' | 'apportioned';
}

const FIGURES = [
  'itKwh',
  'marginalItKwh',
  'facilityKwh',
  'marginalFacilityKwh',
  'electricityCost',
  'marginalElectricityCost',
  'carbonKg',
  'marginalCarbonKg',
] as const;
export type EnergyFigure = (typeof FIGURES)[number];

/** Each figure is a value or null; where null, `unknown` has the reason under the same name. */
export interface EnergyFigures extends Readonly<Record<EnergyFigure, Decimal | null>> {
  /** Of `itKwh` alone. */
  readonly itProvenance: EnergyProvenance;
  /** Of the whole record: a PUE is a yearly mean, so facility energy from a measured node is apportioned at best. */
  readonly provenance: EnergyProvenance;
  readonly pue: Decimal | null;
  readonly pueYear: number | null;
  readonly pueSource: string | null;
  readonly marginalPue: Decimal | null;
  readonly marginalPueBasis: 'marginalPue' | 'pue' | null;
  readonly baseline: Baseline;
  readonly powerSource: string | null;
  readonly electricityCurrency: Currency | null;
  readonly tariffSource: string | null;
  readonly tariffRepresentative: boolean | null;
  readonly factorYear: number | null;
  readonly factorMethod: 'average' | null;
  readonly factorSource: string | null;
  /** Marginal kWh × an average factor attributes carbon; it does not say what the grid emitted more. */
  readonly marginalCarbonMethod: 'attributional' | null;
  readonly unknown: Readonly<Partial<Record<EnergyFigure, string>>>;
}

/**
 * Energy, electricity cost and carbon of one usage record: total, and marginal above what the nodes would
 * have drawn anyway (below zero where a meter reads less than the stated baseline).
 *
 * kWh and kg to 9 decimals, money to 12, all half even, each from the rounded figure before it, so that a
 * reader recomputes them from the record: nodes × watts × seconds / 3.6e6, × PUE, × factor.
 * @throws EnergyError `invalid-figure` for what cannot be (negative watts, a PUE below 1, an interval out of order).
 */
export function meterEnergy(input: MeterEnergyInput): EnergyFigures {
  assertInput(input);
  const figures = computeFigures(input);
  const itProvenance = itProvenanceOf(input);
  return {
    ...valuesOf(figures),
    itProvenance,
    provenance: itProvenance === 'measured' && input.site.pue !== null ? 'apportioned' : itProvenance,
    ...sourcesOf(input, figures),
    unknown: reasonsOf(figures),
  };
}

function computeFigures(input: MeterEnergyInput): Record<EnergyFigure, Figure> {
  const { site, power, baseline } = input;
  const itKwh = rounded(itKwhOf(input), KWH_DECIMALS);
  const baselineKwh = rounded(kwhOf(baselineWatts(power, baseline), input), KWH_DECIMALS);
  const marginalItKwh = combine(itKwh, baselineKwh, (all, anyway) => all.minus(anyway));
  const facilityKwh = facilityKwhOf(itKwh, pueOf(site));
  const marginalFacilityKwh = facilityKwhOf(marginalItKwh, marginalPueOf(site).figure);
  return {
    itKwh,
    marginalItKwh,
    facilityKwh,
    marginalFacilityKwh,
    electricityCost: costOf(facilityKwh, input),
    marginalElectricityCost: costOf(marginalFacilityKwh, input),
    carbonKg: carbonOf(facilityKwh, site),
    marginalCarbonKg: carbonOf(marginalFacilityKwh, site),
  };
}

function itKwhOf(input: MeterEnergyInput): Figure {
  const measured = input.measuredItKwh ?? null;
  return measured === null ? kwhOf(workingWatts(input.power), input) : known(measured);
}

function itProvenanceOf(input: MeterEnergyInput): EnergyProvenance {
  if ((input.measuredItKwh ?? null) === null) return 'modelled';
  return input.measuredProvenance ?? 'measured';
}

function kwhOf(watts: Figure, input: MeterEnergyInput): Figure {
  const nodeSeconds = known(dec(input.nodes).times(durationSeconds(input.interval)));
  return combine(watts, nodeSeconds, (power, seconds) => power.times(seconds).dividedBy(WATT_SECONDS_PER_KWH));
}

function facilityKwhOf(itKwh: Figure, pue: Figure): Figure {
  return rounded(
    combine(itKwh, pue, (kwh, ratio) => kwh.times(ratio)),
    KWH_DECIMALS,
  );
}

function carbonOf(facilityKwh: Figure, site: Site): Figure {
  const factor = figureOf(site.gridFactor?.kgPerKwh ?? null, "the grid's emission factor is not known");
  return rounded(
    combine(facilityKwh, factor, (kwh, kgPerKwh) => kwh.times(kgPerKwh)),
    CARBON_KG_DECIMALS,
  );
}

/** A tariff that leaves this interval unpriced makes the cost unknown, not the record impossible. */
function costOf(facilityKwh: Figure, { site, interval }: MeterEnergyInput): Figure {
  if (site.tariff === null)
    return unknownBecause(...facilityKwh.reasons, "the center's electricity tariff is not known");
  if (facilityKwh.value === null) return facilityKwh;
  try {
    return known(electricityCost(site.tariff, facilityKwh.value, interval));
  } catch (error) {
    if (error instanceof EnergyError && error.code === 'invalid-tariff') return unknownBecause(error.message);
    throw error;
  }
}

function valuesOf(figures: Record<EnergyFigure, Figure>): Record<EnergyFigure, Decimal | null> {
  const entries = FIGURES.map((name) => [name, figures[name].value]);
  return Object.fromEntries(entries) as Record<EnergyFigure, Decimal | null>;
}

function reasonsOf(figures: Record<EnergyFigure, Figure>): Partial<Record<EnergyFigure, string>> {
  const unknown = FIGURES.filter((name) => figures[name].value === null);
  return Object.fromEntries(unknown.map((name) => [name, figures[name].reasons.join('; ')]));
}

function sourcesOf({ site, power, baseline }: MeterEnergyInput, figures: Record<EnergyFigure, Figure>) {
  const marginalPue = marginalPueOf(site);
  return {
    pue: site.pue,
    pueYear: site.pueYear,
    pueSource: site.pueSource,
    marginalPue: marginalPue.figure.value,
    marginalPueBasis: marginalPue.basis,
    baseline,
    powerSource: power.source,
    electricityCurrency: site.tariff?.currency ?? null,
    tariffSource: site.tariff?.source ?? null,
    tariffRepresentative: site.tariff?.representative ?? null,
    factorYear: site.gridFactor?.year ?? null,
    factorMethod: site.gridFactor?.method ?? null,
    factorSource: site.gridFactor?.source ?? null,
    marginalCarbonMethod: figures.marginalCarbonKg.value === null ? null : ('attributional' as const),
  };
}

function assertInput(input: MeterEnergyInput): void {
  assertCount('nodes', input.nodes);
  assertInterval(input.interval);
  assertNodePower(input.power);
  assertSite(input.site);
  assertBetween('the measured energy', input.measuredItKwh ?? null, 0, Infinity);
}
