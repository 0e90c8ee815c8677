import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dec } from './decimal.js';
import { Money } from './money.js';

const amounts = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((units) => dec(units.toString()).div(1e4));
const cny = (amount: string) => Money.of(amount, 'CNY');

describe('money', () => {
  it('goes over the wire and back unchanged', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const money = Money.of(amount, 'CNY');
        expect(Money.fromJson(money.toJson()).equals(money)).toBe(true);
      }),
    );
  });

  it('is written with two decimals, and with more only where they are not zero', () => {
    expect(cny('12.5').toJson()).toEqual({ amount: '12.50', currency: 'CNY' });
    expect(cny('3.5001').toJson().amount).toBe('3.5001');
    expect(cny('7.1000').toJson().amount).toBe('7.10');
  });

  it('takes back what it gave, and its negative brings it to nothing', () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        const [x, y] = [Money.of(a, 'CNY'), Money.of(b, 'CNY')];
        expect(x.plus(y).minus(y).equals(x)).toBe(true);
        expect(x.plus(x.negated()).equals(Money.zero('CNY'))).toBe(true);
        expect(x.compare(y)).toBe(y.compare(x) === 0 ? 0 : -y.compare(x));
      }),
    );
  });

  it('never combines or compares two currencies', () => {
    const usd = Money.of('1', 'USD');
    for (const combine of [() => cny('1').plus(usd), () => cny('1').minus(usd), () => cny('1').compare(usd)])
      expect(combine).toThrow(/cannot combine CNY with USD/);
    expect(cny('1').equals(usd)).toBe(false);
  });

  it('is negative below zero only', () => {
    expect([cny('-0.01'), cny('0'), cny('0').negated(), cny('0.01')].map((one) => one.isNegative())).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('scales exactly', () => {
    expect(cny('3.5000').times(dec('0.33333333')).amount.toFixed()).toBe('1.166666655');
  });

  it.each([
    ['1e3', 'CNY'],
    ['12,50', 'CNY'],
    ['1', 'cny'],
    ['1', 'YUAN'],
  ])('refuses %s %s', (amount, currency) => {
    expect(() => Money.of(amount, currency)).toThrow(RangeError);
  });
});
