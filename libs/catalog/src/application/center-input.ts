import { FieldFaults, isTimeZone } from '../domain/field-faults.js';
import type { Center, Facts, Sources } from '../domain/read-types.js';

/** What may be stated of a center. Absent and null are both unknown. */
export interface CenterFields {
  readonly name: string;
  readonly nameZh?: string | null;
  readonly city?: string | null;
  readonly province?: string | null;
  readonly zone: string;
  readonly gridRegion?: string | null;
  readonly status?: string | null;
  readonly latitude?: string | null;
  readonly longitude?: string | null;
  readonly pue?: string | null;
  readonly pueYear?: number | null;
  readonly pueSource?: string | null;
  readonly marginalPue?: string | null;
  readonly facts?: Facts;
  readonly sources?: Sources;
}

const PUE = { min: 1, max: 99.9999, places: 4 };

/** What can be seen in the fields themselves. */
export function centerFaults(fields: Partial<CenterFields>): FieldFaults {
  const faults = new FieldFaults();
  for (const name of ['name', 'nameZh', 'city', 'province', 'status', 'pueSource'] as const)
    faults.text(`/${name}`, fields[name]);
  if (fields.zone !== undefined && !isTimeZone(fields.zone))
    faults.add('/zone', 'name an IANA time zone, such as Asia/Shanghai');
  faults.decimal('/latitude', fields.latitude, { min: -90, max: 90, places: 5 });
  faults.decimal('/longitude', fields.longitude, { min: -180, max: 180, places: 5 });
  faults.decimal('/pue', fields.pue, PUE);
  faults.decimal('/marginalPue', fields.marginalPue, PUE);
  const year = fields.pueYear ?? null;
  if (year !== null && !(Number.isInteger(year) && year >= 1990 && year <= 2199))
    faults.add('/pueYear', 'write a year from 1990 to 2199');
  return faults;
}

/** A stated PUE without a source was stated by the operator, and says so. */
export function pueSourceOf(fields: Pick<CenterFields, 'pue' | 'marginalPue' | 'pueSource'>): string | null {
  const stated = (fields.pue ?? null) !== null || (fields.marginalPue ?? null) !== null;
  return fields.pueSource ?? (stated ? 'stated by the operator' : null);
}

export function centerColumns(
  fields: CenterFields,
): Omit<Center, 'id' | 'code' | 'provenance' | 'version' | 'createdAt'> {
  return {
    name: fields.name,
    nameZh: fields.nameZh ?? null,
    city: fields.city ?? null,
    province: fields.province ?? null,
    zone: fields.zone,
    gridRegion: fields.gridRegion ?? null,
    status: fields.status ?? null,
    latitude: fields.latitude ?? null,
    longitude: fields.longitude ?? null,
    pue: fields.pue ?? null,
    pueYear: fields.pueYear ?? null,
    pueSource: pueSourceOf(fields),
    marginalPue: fields.marginalPue ?? null,
    facts: fields.facts ?? {},
    sources: fields.sources ?? {},
  };
}
