import { z } from 'zod';

/** Well-formed Unicode without U+0000: what PostgreSQL can store and every program can print. */
function isCleanText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

export function text(lengthMin: number, lengthMax: number) {
  return z.string().min(lengthMin).max(lengthMax).refine(isCleanText, 'must be well-formed Unicode without U+0000');
}

export const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID');

/** A code that people type: letters, digits, dots, dashes. */
export const code = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?$/,
    'must be 1 to 64 of a-z, 0-9, "." and "-", with a letter or digit at both ends',
  );

/** Accepted with any offset, answered in `Z`. The years are those that every part can store. */
export const instantIn = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 instant such as 2026-12-01T00:00:00Z' })
  .refine((value) => {
    const at = Date.parse(value);
    return at >= Date.parse('2000-01-01T00:00:00Z') && at < Date.parse('2200-01-01T00:00:00Z');
  }, 'must lie in the years 2000 to 2199');

export const instantOut = z.string().meta({ format: 'date-time', examples: ['2026-11-23T12:00:00Z'] });

export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as CNY');

/** An exact decimal in a string, never a float. At most 15 digits before the point, so that sums stay inside the ledger's columns. */
export function moneyIn(options: { readonly places: number; readonly positive?: boolean }) {
  const pattern = new RegExp(`^(0|[1-9]\\d{0,14})(\\.\\d{1,${options.places}})?$`);
  return z.strictObject({
    amount: z
      .string()
      .regex(
        pattern,
        `must be a decimal in a string, not negative, with at most 15 digits and ${options.places} decimals, such as "12.50"`,
      )
      .refine((amount) => !options.positive || /[1-9]/.test(amount), 'must be more than zero'),
    currency,
  });
}

export const moneyOut = z.object({ amount: z.string(), currency: z.string() }).meta({
  id: 'Money',
  description: 'An exact decimal; never a float.',
  examples: [{ amount: '12.50', currency: 'CNY' }],
});

/** An exact decimal quantity in a string; null where a figure that it needs is unknown. */
export const decimalOut = z.string().meta({ examples: ['1.250000000'] });

/** Minutes may have decimals; inside, durations are whole seconds. */
export function minutes(options: { readonly minSeconds: number; readonly maxDays: number }) {
  return z
    .number()
    .min(options.minSeconds / 60, `must be at least ${options.minSeconds} s (${options.minSeconds / 60} minutes)`)
    .max(options.maxDays * 1440, `must be at most ${options.maxDays} days (${options.maxDays * 1440} minutes)`);
}

export function secondsOfMinutes(value: number): number {
  return Math.round(value * 60);
}

/** For a POST that needs no more than its path: nothing, or an empty object. */
export const noBody = z.strictObject({}).optional();

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(512).optional(),
});
export type PageQuery = z.infer<typeof pageQuery>;

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** RFC 9457, with a stable code and, on 422, every fault at once. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

/** What a problem's `type` points to. */
export const problemKind = z
  .object({ code: z.string(), status: z.number().int(), title: z.string(), help: z.string() })
  .meta({ id: 'ProblemKind' });
export type ProblemKind = z.infer<typeof problemKind>;

export const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
