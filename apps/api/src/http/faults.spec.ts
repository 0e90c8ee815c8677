import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultsOf, pointer, textFaults } from './faults.js';

function faults(schema: z.ZodType, value: unknown) {
  return faultsOf(schema.safeParse(value).error?.issues ?? []);
}

describe('faults of a body', () => {
  it('escapes what a JSON pointer reserves', () => {
    expect(pointer(['labels', 'a/b~c', 0])).toBe('/labels/a~1b~0c/0');
  });

  it('names each unknown field by its own path', () => {
    const schema = z.object({ inner: z.strictObject({ a: z.number() }) });
    expect(faults(schema, { inner: { a: 1, b: 2, c: 3 } }).map((fault) => fault.path)).toEqual([
      '/inner/b',
      '/inner/c',
    ]);
  });

  it('reaches into the branch of a union that fits best', () => {
    const schema = z.object({
      one: z.union([z.strictObject({ a: z.number(), b: z.number() }), z.strictObject({ c: z.string() })]),
    });
    expect(faults(schema, { one: { a: 1, b: 'x' } })).toEqual([
      { path: '/one/b', message: expect.stringContaining('number') },
    ]);
  });

  it('names the entry of a record whose name is wrong', () => {
    const schema = z.object({ env: z.record(z.string().regex(/^[A-Z]+$/, 'must be capitals'), z.string()) });
    expect(faults(schema, { env: { low: 'x' } })).toEqual([{ path: '/env/low', message: 'its name must be capitals' }]);
  });

  it('keeps the path that a refinement states', () => {
    const schema = z.object({ a: z.object({ b: z.number() }).refine(() => false, { path: ['b'], message: 'no' }) });
    expect(faults(schema, { a: { b: 1 } })).toEqual([{ path: '/a/b', message: 'no' }]);
  });
});

describe('texts that nothing can store', () => {
  it('are found at any depth, in names as in values', () => {
    const found = textFaults({ a: ['ok', 'nul\u0000'], b: { '\ud800': 1 }, c: '\udc00' });
    expect(found.map((fault) => fault.path)).toEqual(['/a/1', '/b', '/c']);
  });

  it('finds a __proto__ that JSON brought along', () => {
    expect(textFaults(JSON.parse('{"a":{"__proto__":{}}}')).map((fault) => fault.path)).toEqual(['/a/__proto__']);
  });

  it('leaves well-formed text alone, pairs of surrogates too', () => {
    expect(textFaults({ a: '余算 😀', b: [1, null, true] })).toEqual([]);
  });
});
