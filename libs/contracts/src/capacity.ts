import { z } from 'zod';
import { code, instantIn, instantOut, minutes, moneyIn, moneyOut, pageQuery, uuid } from './primitives.js';

export const createOffer = z
  .strictObject({
    poolId: uuid,
    nodes: z.number().int().min(1).max(1_000_000),
    start: instantIn,
    end: instantIn,
    recurrence: z.null({ error: 'must be null: recurring offers are not open yet' }).default(null),
    price: z.strictObject({ perDeviceHour: moneyIn({ places: 4 }) }),
    electricity: z
      .literal('included', { error: 'must be "included": passing electricity through is not open yet' })
      .default('included'),
    reclaim: z
      .strictObject({
        noticeMinutes: minutes({ minSeconds: 0, maxDays: 30 }).default(30),
        creditPercent: z.number().min(0).max(100).multipleOf(0.01).default(0),
        failureCreditMaxHours: z.number().min(0).max(720).multipleOf(0.01).default(4),
      })
      .prefault({}),
    minSegmentMinutes: minutes({ minSeconds: 0, maxDays: 7 }).default(0),
    guarantee: z
      .literal('bestEffort', { error: 'must be "bestEffort": other guarantees need a Slurm cluster' })
      .default('bestEffort'),
    /** Tenant codes; empty: everyone. */
    tenantsAllowed: z.array(code).max(1000).default([]),
  })
  .refine((offer) => Date.parse(offer.end) > Date.parse(offer.start), {
    path: ['end'],
    message: 'must be later than start',
  });
export type CreateOffer = z.infer<typeof createOffer>;

export const offer = z
  .object({
    id: uuid,
    poolId: uuid,
    center: z.string(),
    nodes: z.number().int(),
    start: instantOut,
    end: instantOut,
    recurrence: z.null(),
    price: z.object({ perDeviceHour: moneyOut }),
    electricity: z.enum(['included', 'passThrough']),
    reclaim: z.object({ noticeMinutes: z.number(), creditPercent: z.number(), failureCreditMaxHours: z.number() }),
    minSegmentMinutes: z.number(),
    guarantee: z.enum(['reservation', 'preemptible', 'bestEffort']),
    tenantsAllowed: z.array(z.string()),
    state: z.enum(['open', 'withdrawn']),
    createdAt: instantOut,
  })
  .meta({ id: 'Offer' });
export type Offer = z.infer<typeof offer>;

export const offerQuery = pageQuery.extend({ center: code.optional() });

export const windowQuery = z
  .strictObject({
    ...pageQuery.shape,
    from: instantIn.optional(),
    to: instantIn.optional(),
    deviceKind: code.optional(),
    center: code.optional(),
  })
  .refine((query) => !query.from || !query.to || Date.parse(query.to) > Date.parse(query.from), {
    path: ['to'],
    message: 'must be later than from',
  });
export type WindowQuery = z.infer<typeof windowQuery>;

export const supplyWindow = z
  .object({
    id: uuid,
    offerId: uuid,
    poolId: uuid,
    center: z.string(),
    deviceKind: z.string().nullable(),
    devicesPerNode: z.number().int().nullable(),
    start: instantOut,
    end: instantOut,
    nodes: z.number().int(),
    price: z.object({ perDeviceHour: moneyOut }),
    free: z.array(z.object({ start: instantOut, end: instantOut, nodes: z.number().int() })),
  })
  .meta({ id: 'Window' });
export type SupplyWindow = z.infer<typeof supplyWindow>;
