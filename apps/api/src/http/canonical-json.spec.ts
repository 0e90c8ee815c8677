import { describe, expect, it } from 'vitest';
import { bodyHash, canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('is the same for bodies that differ in the order of their fields only', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
    expect(bodyHash({ a: 1, b: 2 })).toEqual(bodyHash({ b: 2, a: 1 }));
  });

  it('differs where an order means something, or a value differs', () => {
    expect(bodyHash([1, 2])).not.toEqual(bodyHash([2, 1]));
    expect(bodyHash({ a: '1' })).not.toEqual(bodyHash({ a: 1 }));
    expect(bodyHash({ a: null })).not.toEqual(bodyHash({}));
  });

  it('takes a missing body for null', () => {
    expect(canonicalJson(undefined)).toBe('null');
  });
});
