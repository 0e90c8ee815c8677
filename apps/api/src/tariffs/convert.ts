import type { Tariff } from '#libs/catalog';
import type { Tariff as ApiTariff } from '#libs/contracts';
import { toApiInstant } from '../wire/instants.js';

export function toApiTariff(tariff: Tariff): ApiTariff {
  const { id, centerCode, currency, representative, source } = tariff;
  const bands = tariff.bands.map((band) => ({ ...band, months: [...band.months] }));
  return { id, centerCode, validFrom: toApiInstant(tariff.validFrom), currency, bands, representative, source };
}
