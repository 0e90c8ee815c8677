import type { Decimal } from '#libs/kernel';
import { figureOf } from './figure.js';
import type { Figure } from './figure.js';
import { assertBetween } from './guards.js';
import type { Tariff } from './tariff.js';

export interface GridFactor {
  readonly kgPerKwh: Decimal;
  readonly year: number;
  /** Location-based average of the grid region. */
  readonly method: 'average';
  readonly source: string;
}

/** What turns a node's energy into the center's energy, money and carbon; null is unknown. */
export interface Site {
  readonly pue: Decimal | null;
  readonly pueYear: number | null;
  readonly pueSource: string | null;
  /** Facility kWh that one more IT kWh causes. */
  readonly marginalPue: Decimal | null;
  readonly tariff: Tariff | null;
  readonly gridFactor: GridFactor | null;
}

/** @throws EnergyError `invalid-figure` for a PUE below 1 or a negative factor. */
export function assertSite(site: Site): void {
  assertBetween('the PUE', site.pue, 1, Infinity);
  assertBetween('the marginal PUE', site.marginalPue, 1, Infinity);
  assertBetween('the grid factor', site.gridFactor?.kgPerKwh ?? null, 0, Infinity);
}

export function pueOf(site: Site): Figure {
  return figureOf(site.pue, "the center's PUE is not known");
}

/** The center's marginal PUE where known, else its PUE; `basis` says which. */
export function marginalPueOf(site: Site): { figure: Figure; basis: 'marginalPue' | 'pue' | null } {
  if (site.marginalPue !== null) return { figure: figureOf(site.marginalPue, ''), basis: 'marginalPue' };
  return { figure: pueOf(site), basis: site.pue === null ? null : 'pue' };
}
