import { z } from 'zod';
import { code, currency, instantIn, instantOut, pageQuery, text, uuid } from './primitives.js';

const figure = (places = 3) =>
  z
    .string()
    .regex(
      new RegExp(`^\\d{1,9}(\\.\\d{1,${places}})?$`),
      `must be a decimal in a string with at most ${places} decimals`,
    );
const figureOut = z.string().nullable();
const facts = z.record(z.string(), z.unknown());
const version = z.number().int();

export const deviceKind = z
  .object({
    code: z.string(),
    name: z.string(),
    vendor: z.string().nullable(),
    kind: z.enum(['accelerator', 'cpu']),
    unit: z.enum(['device', 'socket', 'core']),
    memoryGib: figureOut,
    memoryBandwidthGbs: figureOut,
    tdpWatts: figureOut,
    peakDenseTflops: z.record(z.string(), z.number().nullable()),
    source: z.string().nullable(),
    confidence: z.string().nullable(),
  })
  .meta({ id: 'DeviceKind' });
export type DeviceKind = z.infer<typeof deviceKind>;

export const center = z
  .object({
    id: uuid,
    code: z.string(),
    name: z.string(),
    nameZh: z.string().nullable(),
    city: z.string().nullable(),
    province: z.string().nullable(),
    zone: z.string(),
    gridRegion: z.string().nullable(),
    status: z.string().nullable(),
    pue: figureOut,
    pueYear: z.number().int().nullable(),
    pueSource: z.string().nullable(),
    marginalPue: figureOut,
    provenance: z.enum(['published', 'operator']),
    facts,
    sources: facts,
    version,
    createdAt: instantOut,
  })
  .meta({ id: 'Center' });
export type Center = z.infer<typeof center>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
const pue = figure(4).refine((value) => Number(value) >= 1 && Number(value) < 100, 'must be between 1 and 100');
const year = z.number().int().min(1990).max(2199);

const centerFields = {
  name: text(1, 200),
  nameZh: text(1, 200).nullable(),
  city: text(1, 100).nullable(),
  province: text(1, 100).nullable(),
  zone: text(1, 64).refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai'),
  gridRegion: text(1, 64).nullable(),
  pue: pue.nullable(),
  pueYear: year.nullable(),
  pueSource: text(1, 500).nullable(),
  marginalPue: pue.nullable(),
};
export const createCenter = z.strictObject({
  code,
  ...centerFields,
  nameZh: centerFields.nameZh.default(null),
  city: centerFields.city.default(null),
  province: centerFields.province.default(null),
  gridRegion: centerFields.gridRegion.default(null),
  pue: centerFields.pue.default(null),
  pueYear: centerFields.pueYear.default(null),
  pueSource: centerFields.pueSource.default(null),
  marginalPue: centerFields.marginalPue.default(null),
});
export type CreateCenter = z.infer<typeof createCenter>;
export const updateCenter = z.strictObject(centerFields).partial();
export type UpdateCenter = z.infer<typeof updateCenter>;

export const cluster = z
  .object({
    id: uuid,
    centerCode: z.string(),
    code: z.string(),
    name: z.string(),
    scheduler: z.string().nullable(),
    connector: z.string().nullable(),
    connectorSettings: facts,
    facts,
    sources: facts,
    version,
    createdAt: instantOut,
  })
  .meta({ id: 'Cluster' });
export type Cluster = z.infer<typeof cluster>;

const seconds = z.number().min(0).max(86_400).optional();
const localSettings = z.strictObject({
  slots: z.number().int().min(1).max(10_000),
  pollSeconds: seconds,
  graceSeconds: seconds,
  leadSeconds: seconds,
  startTimeoutSeconds: seconds,
});
const clusterFields = {
  name: text(1, 200),
  scheduler: text(1, 100).nullable(),
  connector: z.literal('local').nullable(),
  connectorSettings: localSettings.nullable(),
};
export const createCluster = z.strictObject({
  center: code,
  code,
  ...clusterFields,
  scheduler: clusterFields.scheduler.default(null),
  connector: clusterFields.connector.default(null),
  connectorSettings: clusterFields.connectorSettings.default(null),
});
export type CreateCluster = z.infer<typeof createCluster>;
export const updateCluster = z.strictObject(clusterFields).partial();
export type UpdateCluster = z.infer<typeof updateCluster>;

export const pool = z
  .object({
    id: uuid,
    centerCode: z.string(),
    clusterCode: z.string(),
    clusterId: uuid,
    code: z.string(),
    name: z.string(),
    deviceKind: z.string().nullable(),
    devicesPerNode: z.number().int().nullable(),
    nodes: z.number().int().nullable(),
    runnable: z.boolean().meta({
      description:
        'True where its cluster has a connector; without one it is catalogued and can be quoted, but nothing runs there.',
    }),
    idleWatts: figureOut,
    fullWatts: figureOut,
    suspendWatts: figureOut,
    utilisation: figureOut,
    powerSource: z.string().nullable(),
    baseline: z.enum(['idle', 'suspended', 'poweredOff']),
    provenance: z.enum(['published', 'operator']),
    facts,
    sources: facts,
    version,
    createdAt: instantOut,
  })
  .meta({ id: 'Pool' });
export type Pool = z.infer<typeof pool>;

const watts = figure(3);
const poolFields = {
  name: text(1, 200),
  deviceKind: code,
  devicesPerNode: z.number().int().min(1).max(1024),
  nodes: z.number().int().min(1).max(1_000_000),
  idleWatts: watts.nullable(),
  fullWatts: watts.nullable(),
  suspendWatts: watts.nullable(),
  utilisation: z
    .string()
    .regex(/^(0(\.\d{1,4})?|1(\.0{1,4})?)$/, 'must be between 0 and 1 with at most 4 decimals')
    .nullable(),
  powerSource: text(1, 500).nullable(),
  baseline: z.enum(['idle', 'suspended', 'poweredOff']),
};
export const createPool = z
  .strictObject({
    clusterId: uuid,
    code,
    ...poolFields,
    idleWatts: poolFields.idleWatts.default(null),
    fullWatts: poolFields.fullWatts.default(null),
    suspendWatts: poolFields.suspendWatts.default(null),
    utilisation: poolFields.utilisation.default(null),
    powerSource: poolFields.powerSource.default(null),
    baseline: poolFields.baseline.default('idle'),
  })
  .refine(
    (pool) => pool.idleWatts === null || pool.fullWatts === null || Number(pool.idleWatts) <= Number(pool.fullWatts),
    {
      path: ['fullWatts'],
      message: 'must be at least idleWatts',
    },
  );
export type CreatePool = z.infer<typeof createPool>;
export const updatePool = z.strictObject(poolFields).partial();
export type UpdatePool = z.infer<typeof updatePool>;

const clockTime = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a local time such as 22:00 (24:00 ends a day)');
const band = z.strictObject({
  name: text(1, 50),
  months: z.array(z.number().int().min(1).max(12)).min(1).max(12),
  from: clockTime,
  to: clockTime,
  pricePerKwh: z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be a decimal in a string with at most 6 decimals'),
});
export const setTariff = z.strictObject({
  validFrom: instantIn,
  currency,
  /** The first band that matches holds; together they cover every hour of every month. */
  bands: z.array(band).min(1).max(100),
  representative: z.boolean().default(false),
  source: text(1, 500),
});
export type SetTariff = z.infer<typeof setTariff>;
export const tariff = z
  .object({
    id: uuid,
    centerCode: z.string(),
    validFrom: instantOut,
    currency: z.string(),
    bands: z.array(
      z.object({
        name: z.string(),
        months: z.array(z.number()),
        from: z.string(),
        to: z.string(),
        pricePerKwh: z.string(),
      }),
    ),
    representative: z.boolean(),
    source: z.string(),
  })
  .meta({ id: 'Tariff' });
export type Tariff = z.infer<typeof tariff>;

export const gridFactor = z
  .object({ region: z.string(), year: z.number().int(), method: z.string(), kgPerKwh: z.string(), source: z.string() })
  .meta({ id: 'GridFactor' });
export type GridFactor = z.infer<typeof gridFactor>;

export const poolQuery = pageQuery.extend({ center: code.optional(), deviceKind: code.optional() });
export const clusterQuery = pageQuery.extend({ center: code.optional() });
export const tariffQuery = pageQuery.extend({ center: code.optional() });
export const gridFactorQuery = pageQuery.extend({ region: text(1, 64).optional() });
