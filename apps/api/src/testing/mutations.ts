import { z } from 'zod';
import { pointer } from '../http/faults.js';

/** One change that makes a body wrong, and where an answer must say so. */
export interface Mutation {
  readonly what: string;
  readonly path: string;
  readonly body: unknown;
}

type Path = readonly (string | number)[];

interface Field {
  readonly path: Path;
  readonly value: unknown;
  /** As the body's schema declares it, defaults and null included. */
  readonly schema: z.ZodType;
  /** Of an object that names it: an item of a list or an entry of a record may as well not be there. */
  readonly isNamed: boolean;
}

const OBJECT_WHERE_NONE_FITS = { unexpected: [true] };

/**
 * Every single fault that the schema forbids in each field of a valid body: another type, null, nothing at all, too
 * long, U+0000, half a surrogate pair, out of range, a field that nobody knows. What the schema allows is left out.
 */
export function mutationsOf(schema: z.ZodType, valid: unknown): Mutation[] {
  return fieldsOf({ path: [], value: valid, schema, isNamed: false }).flatMap((field) => faultsOf(field, valid));
}

/** The field and all in it. */
function fieldsOf(field: Field): Field[] {
  const { path, value, schema } = field;
  const core = coreOf(schema, value);
  const inside = (key: string | number, part: unknown, partSchema: z.core.$ZodType, isNamed: boolean): Field[] =>
    fieldsOf({ path: [...path, key], value: part, schema: partSchema as z.ZodType, isNamed });
  if (core instanceof z.ZodObject)
    return [
      field,
      ...Object.entries(core.shape as Record<string, z.ZodType>).flatMap(([key, part]) =>
        inside(key, (value as Record<string, unknown>)[key], part, true),
      ),
    ];
  if (core instanceof z.ZodArray)
    return [field, ...(value as unknown[]).flatMap((item, index) => inside(index, item, core.element, false))];
  if (core instanceof z.ZodRecord)
    return [
      field,
      ...Object.entries(value as object).flatMap(([key, item]) => inside(key, item, core.valueType, false)),
    ];
  return [field];
}

function faultsOf({ path, value, schema, isNamed }: Field, valid: unknown): Mutation[] {
  const core = coreOf(schema, value);
  const at = pointer(path);
  const change = (what: string, wrong: unknown, where = at): Mutation[] =>
    accepts(schema, wrong)
      ? []
      : [{ what: `${what} at ${where || '/'}`, path: where, body: replaced(valid, path, wrong) }];
  const wrongType = typeof value === 'object' && value !== null ? 'a text' : OBJECT_WHERE_NONE_FITS;
  const faults = [...change('another type', wrongType), ...change('null', null)];
  if (isNamed) faults.push(...change('nothing', undefined));
  if (Array.isArray(value))
    faults.push(...change('a wrong item', [...(value as unknown[]), null], `${at}/${value.length}`));
  if (typeof value === 'string') faults.push(...textFaults(core, value, change));
  if (typeof value === 'number') faults.push(...numberFaults(change));
  if (core instanceof z.ZodObject && value !== null && value !== undefined)
    faults.push(...change('an unknown field', { ...value, unknownField: 1 }, `${at}/unknownField`));
  return faults;
}

function textFaults(core: z.ZodType, value: string, change: (what: string, wrong: unknown) => Mutation[]): Mutation[] {
  const { maxLength = 5_000 } = z.toJSONSchema(core, { unrepresentable: 'any' });
  return [
    ...change('too long a text', value.padEnd(maxLength + 1, 'x')),
    ...change('an empty text', ''),
    ...change('U+0000', `${value}\u0000`),
    ...change('half a surrogate pair', `${value}\ud800`),
  ];
}

function numberFaults(change: (what: string, wrong: unknown) => Mutation[]): Mutation[] {
  return [-1, 0, 0.5, 1e-9, 1e15, Number.MAX_VALUE].flatMap((wrong) => change(`the number ${wrong}`, wrong));
}

/** The schema behind defaults, null and optional; of a union the branch that fits the value. */
function coreOf(schema: z.ZodType, value: unknown): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return coreOf(schema.unwrap() as z.ZodType, value);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return value === null || value === undefined ? z.null() : coreOf(schema.unwrap() as z.ZodType, value);
  if (schema instanceof z.ZodUnion)
    return coreOf((schema.options as z.ZodType[]).find((option) => accepts(option, value)) ?? z.null(), value);
  return schema;
}

function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function replaced(whole: unknown, path: Path, wrong: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return wrong;
  if (Array.isArray(whole))
    return whole.map((item, index) => (index === key ? replaced(item, rest, wrong) : (item as unknown)));
  const fields = { ...(whole as Record<string, unknown>) };
  fields[key] = replaced(fields[key], rest, wrong);
  if (rest.length === 0 && wrong === undefined) delete fields[key];
  return fields;
}
