import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dec, Decimal, formatDecimal, parseDecimal, roundHalfEven, sumDecimals } from './decimal.js';

/** An integer of `places` decimals, as text, and as the big integer that it is in the last place. */
const decimals = fc
  .record({ units: fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), places: fc.integer({ min: 0, max: 12 }) })
  .map(({ units, places }) => ({ units, places, value: dec(units.toString()).div(dec(10).pow(places)) }));

describe('exact decimals', () => {
  it('read back as they were written, whatever the number of places wanted', () => {
    fc.assert(
      fc.property(decimals, fc.integer({ min: 0, max: 14 }), ({ value }, places) => {
        const text = formatDecimal(value, places);
        expect(parseDecimal(text).equals(value)).toBe(true);
        expect(text).not.toMatch(/e/i);
        expect(text.split('.')[1]?.length ?? 0).toBeGreaterThanOrEqual(places);
      }),
    );
  });

  it.each(['1e3', '+1', '.5', '1.', '01', '', ' 1', '1,5', 'NaN', 'Infinity', '0x10'])('refuse %j', (text) => {
    expect(() => parseDecimal(text)).toThrow(RangeError);
  });

  it('multiply three factors of the books without rounding', () => {
    const factor = fc.bigInt({ min: 0n, max: 10n ** 16n });
    fc.assert(
      fc.property(factor, factor, factor, (a, b, c) => {
        const product = [a, b, c].map((one) => dec(one.toString()).div(1e8)).reduce((x, y) => x.times(y));
        expect(product.times('1e24').toFixed()).toBe((a * b * c).toString());
      }),
    );
  });

  it('sum to the same in any order', () => {
    fc.assert(
      fc.property(fc.array(decimals, { maxLength: 30 }), (many) => {
        const values = many.map(({ value }) => value);
        expect(sumDecimals(values).equals(sumDecimals(values.toReversed()))).toBe(true);
      }),
    );
    expect(sumDecimals([]).isZero()).toBe(true);
  });
});

describe('rounding half to even', () => {
  it('is off by half a last place at most, and a tie goes to the even neighbour', () => {
    fc.assert(
      fc.property(decimals, fc.integer({ min: 0, max: 8 }), ({ value }, places) => {
        const rounded = roundHalfEven(value, places);
        const unit = dec(10).pow(-places);
        const off = rounded.minus(value).abs();
        expect(off.times(2).lessThanOrEqualTo(unit)).toBe(true);
        if (off.times(2).equals(unit)) expect(rounded.div(unit).mod(2).isZero()).toBe(true);
      }),
    );
  });

  it.each([
    ['0.5', 0, '0'],
    ['1.5', 0, '2'],
    ['2.5', 0, '2'],
    ['-2.5', 0, '-2'],
    ['0.125', 2, '0.12'],
    ['0.1250000001', 2, '0.13'],
  ])('makes of %s with %d decimals %s', (text, places, rounded) => {
    expect(roundHalfEven(new Decimal(text), places).toFixed()).toBe(rounded);
  });
});
