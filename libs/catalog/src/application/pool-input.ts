import { FieldFaults, decimalOf } from '../domain/field-faults.js';
import { BASELINES, type Baseline, type Facts, type Pool, type Sources } from '../domain/read-types.js';

/** What may be stated of a pool. Absent and null are both unknown. */
export interface PoolFields {
  readonly name: string;
  readonly deviceKind?: string | null;
  readonly devicesPerNode?: number | null;
  readonly nodes?: number | null;
  readonly idleWatts?: string | null;
  readonly fullWatts?: string | null;
  readonly suspendWatts?: string | null;
  readonly utilisation?: string | null;
  readonly powerSource?: string | null;
  readonly baseline?: Baseline;
  readonly facts?: Facts;
  readonly sources?: Sources;
}

const WATTS = { min: 0, max: 999_999_999, places: 3 };

export function poolFaults(fields: Partial<PoolFields>): FieldFaults {
  const faults = new FieldFaults();
  faults.text('/name', fields.name);
  faults.text('/powerSource', fields.powerSource);
  faults.count('/devicesPerNode', fields.devicesPerNode);
  faults.count('/nodes', fields.nodes);
  for (const name of ['idleWatts', 'fullWatts', 'suspendWatts'] as const)
    faults.decimal(`/${name}`, fields[name], WATTS);
  faults.decimal('/utilisation', fields.utilisation, { min: 0, max: 1, places: 4 });
  if (fields.baseline !== undefined && !BASELINES.includes(fields.baseline))
    faults.add('/baseline', `is one of ${BASELINES.join(', ')}`);
  const idle = decimalOf(fields.idleWatts ?? '');
  const full = decimalOf(fields.fullWatts ?? '');
  if (idle !== null && full?.lt(idle)) faults.add('/fullWatts', `must be at least idleWatts, ${fields.idleWatts}`);
  return faults;
}

/** Power that somebody states without a source was stated by the operator, and says so. */
export function powerSourceOf(fields: Partial<PoolFields>): string | null {
  const figures = [fields.idleWatts, fields.fullWatts, fields.suspendWatts, fields.utilisation];
  const isStated = figures.some((figure) => (figure ?? null) !== null);
  return fields.powerSource ?? (isStated ? 'stated by the operator' : null);
}

export function poolColumns(fields: PoolFields): Omit<Pool, Exclude<keyof Pool, keyof PoolFields>> {
  return {
    name: fields.name,
    deviceKind: fields.deviceKind ?? null,
    devicesPerNode: fields.devicesPerNode ?? null,
    nodes: fields.nodes ?? null,
    idleWatts: fields.idleWatts ?? null,
    fullWatts: fields.fullWatts ?? null,
    suspendWatts: fields.suspendWatts ?? null,
    utilisation: fields.utilisation ?? null,
    powerSource: powerSourceOf(fields),
    baseline: fields.baseline ?? 'idle',
    facts: fields.facts ?? {},
    sources: fields.sources ?? {},
  };
}
