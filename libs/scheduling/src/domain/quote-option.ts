import type { EnergyFigures } from '#libs/energy';
import { Money, sumDecimals } from '#libs/kernel';
import type { Decimal } from '#libs/kernel';
import type { Quote } from '#libs/contracts';
import { type Rated, sumRated } from '#libs/pricing';

export type QuoteOption = Quote['options'][number];

type SummedFigure = 'facilityKwh' | 'marginalFacilityKwh' | 'carbonKg' | 'marginalCarbonKg';

/** The energy of all segments: a figure that one of them lacks is unknown for the whole, with the reason. */
export function quotedEnergy(parts: readonly EnergyFigures[]): QuoteOption['energy'] {
  const unknown: Record<string, string> = {};
  const total = (figure: SummedFigure): string | null => {
    const values: Decimal[] = [];
    for (const part of parts) {
      const value = part[figure];
      if (value === null) {
        unknown[figure] = part.unknown[figure] ?? 'not known';
        return null;
      }
      values.push(value);
    }
    return sumDecimals(values).toFixed();
  };
  const [facilityKwh, marginalFacilityKwh, carbonKg, marginalCarbonKg] = [
    total('facilityKwh'),
    total('marginalFacilityKwh'),
    total('carbonKg'),
    total('marginalCarbonKg'),
  ];
  return { facilityKwh, marginalFacilityKwh, carbonKg, marginalCarbonKg, provenance: 'modelled', unknown };
}

/** What the segments will be charged, to the last digit. Electricity passed through is the center's, so parts sum to the whole. */
export function quotedPrice(currency: string, parts: readonly Rated[]): QuoteOption['price'] {
  const { center, electricity, fee, tax, gross } = sumRated(currency, parts);
  const json = (amount: Decimal) => Money.of(amount, currency).toJson();
  return { center: json(center.plus(electricity)), fee: json(fee), tax: json(tax), gross: json(gross) };
}
