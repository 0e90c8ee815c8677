import { z } from 'zod';
import { code, decimalOut, instantIn, instantOut, moneyIn, moneyOut, text, uuid } from './primitives.js';

export const account = z
  .object({
    id: uuid,
    tenant: z.string(),
    currency: z.string(),
    available: moneyOut,
    held: moneyOut,
    overdue: moneyOut,
    creditLimit: moneyOut,
    createdAt: instantOut,
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof account>;

export const topUp = z.strictObject({ money: moneyIn({ places: 2, positive: true }), reference: text(1, 200) });
export type TopUp = z.infer<typeof topUp>;
/** `id` is the ledger transaction's. */
export const acceptedTopUp = z
  .object({ id: uuid, accountId: uuid, money: moneyOut, reference: z.string() })
  .meta({ id: 'AcceptedTopUp' });
export type AcceptedTopUp = z.infer<typeof acceptedTopUp>;

export const entry = z
  .object({
    transactionId: uuid,
    line: z.number().int(),
    kind: z.string(),
    account: z.string(),
    amount: moneyOut,
    description: z.string(),
    jobId: uuid.nullable(),
    reference: z.string().nullable(),
    at: instantOut,
  })
  .meta({ id: 'Entry' });
export type Entry = z.infer<typeof entry>;

export const GROUP_BY = ['project', 'center', 'pool', 'deviceKind', 'day'] as const;
const spanQuery = {
  from: instantIn,
  to: instantIn,
};
export const usageQuery = z
  .strictObject({
    ...spanQuery,
    groupBy: z
      .string()
      .default('project')
      .refine(
        (value) => value.split(',').every((part) => (GROUP_BY as readonly string[]).includes(part)),
        `must be a list of ${GROUP_BY.join(', ')}`,
      )
      .refine((value) => new Set(value.split(',')).size === value.split(',').length, 'must name each dimension once'),
  })
  .refine((query) => Date.parse(query.to) > Date.parse(query.from), {
    path: ['to'],
    message: 'must be later than from',
  });
export const centerReportQuery = z
  .strictObject(spanQuery)
  .refine((query) => Date.parse(query.to) > Date.parse(query.from), {
    path: ['to'],
    message: 'must be later than from',
  });
export const accountQuery = z.strictObject({ tenant: code.optional() });

const energyFigures = {
  facilityKwh: decimalOut,
  marginalFacilityKwh: decimalOut,
  carbonKg: decimalOut,
  marginalCarbonKg: decimalOut,
  /** Records whose energy or carbon is unknown are in none of the sums. */
  recordsWithoutEnergy: z.number().int(),
  recordsWithoutCarbon: z.number().int(),
};

export const usageRow = z
  .object({
    project: z.string().optional(),
    center: z.string().optional(),
    pool: z.string().optional(),
    deviceKind: z.string().nullable().optional(),
    day: z.string().optional(),
    deviceSeconds: z.number().int(),
    deviceHours: decimalOut,
    net: moneyOut,
    fee: moneyOut,
    tax: moneyOut,
    gross: moneyOut,
    records: z.number().int(),
    ...energyFigures,
  })
  .meta({ id: 'UsageRow' });
export type UsageRow = z.infer<typeof usageRow>;
export const usageReport = z
  .object({ from: z.string(), to: z.string(), zone: z.string(), rows: z.array(usageRow) })
  .meta({
    id: 'UsageReport',
    description: 'Whole days of the billing zone that the span touches.',
  });
export type UsageReport = z.infer<typeof usageReport>;

export const centerReport = z
  .object({
    center: z.string(),
    from: z.string(),
    to: z.string(),
    zone: z.string(),
    offeredDeviceHours: decimalOut,
    usedDeviceHours: decimalOut,
    idleRecoveredPercent: z.string().nullable(),
    revenue: z.array(moneyOut),
    electricity: z.array(z.object({ total: moneyOut, marginal: moneyOut })),
    /** Null where the electricity of some record is not known. */
    margin: z.array(z.object({ afterTotal: moneyOut.nullable(), afterMarginal: moneyOut.nullable() })),
    ...energyFigures,
  })
  .meta({ id: 'CenterReport' });
export type CenterReport = z.infer<typeof centerReport>;
