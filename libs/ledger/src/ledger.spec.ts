import { Money, dec } from '#libs/kernel';
import type { CenterId } from '#libs/kernel';
import { describe, expect, it } from 'vitest';
import {
  LedgerError,
  assertBalanced,
  balanceOf,
  captureCharge,
  payFromGoodwill,
  placeHold,
  projectBalances,
  releaseHold,
  reverse,
  splitCharge,
  topUp,
} from './index.js';
import type { ChargeAmounts, Transaction } from './index.js';

const CENTER = '0198f000-0000-7000-8000-000000000001' as CenterId;
const OTHER_CENTER = '0198f000-0000-7000-8000-000000000002' as CenterId;

const cny = (amount: string): Money => Money.of(amount, 'CNY');

/** One node of 8 devices, one hour, 3.5000 CNY, fee 8 %, VAT 6 %. */
const NODE_HOUR: ChargeAmounts = {
  center: dec('28'),
  fee: dec('2.24'),
  tax: dec('1.8144'),
  gross: dec('32.0544'),
  currency: 'CNY',
};

function lines(transaction: Transaction): string[] {
  return transaction.postings.map(
    ({ account, amount, centerId }) => `${account} ${amount.toFixed()}${centerId ? ' center' : ''}`,
  );
}

function capture(held: string, available: string, rated = NODE_HOUR): Transaction {
  return captureCharge({ rated, centerId: CENTER, heldRemaining: dec(held), available: dec(available) });
}

describe('topUp', () => {
  it('makes money from the bank available', () => {
    expect(lines(topUp(cny('100')))).toEqual(['bank:clearing -100', 'tenant:available 100']);
  });

  it('settles what is overdue first', () => {
    expect(lines(topUp(cny('100'), dec('30')))).toEqual([
      'bank:clearing -100',
      'tenant:overdue 30',
      'tenant:available 70',
    ]);
    expect(lines(topUp(cny('100'), dec('130')))).toEqual(['bank:clearing -100', 'tenant:overdue 100']);
  });

  it.each(['0', '-1'])('refuses %s', (amount) => {
    expect(() => topUp(cny(amount))).toThrow(LedgerError);
  });
});

describe('a hold', () => {
  it('moves money aside and back', () => {
    expect(lines(placeHold(cny('40')))).toEqual(['tenant:available -40', 'tenant:held 40']);
    expect(lines(releaseHold(cny('7.9456')))).toEqual(['tenant:held -7.9456', 'tenant:available 7.9456']);
  });

  it('of nothing, or below, is refused', () => {
    expect(() => placeHold(cny('0'))).toThrow(/above zero/);
    expect(() => releaseHold(cny('-3'))).toThrow(/above zero/);
  });
});

describe('captureCharge', () => {
  it('takes a charge from its hold, to center, fee and VAT', () => {
    expect(lines(capture('40', '100'))).toEqual([
      'tenant:held -32.0544',
      'center:payable 28 center',
      'fee:revenue 2.24',
      'vat:output 1.8144',
    ]);
  });

  it('takes what goes beyond the hold from available', () => {
    expect(lines(capture('30', '100')).slice(0, 2)).toEqual(['tenant:held -30', 'tenant:available -2.0544']);
  });

  it('lets what nothing covers become overdue: a limit gates promises, not facts', () => {
    expect(lines(capture('30', '2')).slice(0, 3)).toEqual([
      'tenant:held -30',
      'tenant:available -2',
      'tenant:overdue -0.0544',
    ]);
    expect(lines(capture('0', '-5')).slice(0, 1)).toEqual(['tenant:overdue -32.0544']);
  });

  it('owes the center the electricity that was passed through', () => {
    const rated = { ...NODE_HOUR, electricity: dec('4'), gross: dec('36.0544') };
    expect(lines(capture('40', '0', rated))).toContain('center:payable 32 center');
  });

  it('posts nothing for a charge of nothing', () => {
    const rated = { center: dec(0), fee: dec(0), tax: dec(0), gross: dec(0), currency: 'CNY' };
    expect(capture('40', '0', rated).postings).toEqual([]);
  });

  it('refuses a gross that is not the sum of its parts, and a negative part', () => {
    expect(() => capture('40', '0', { ...NODE_HOUR, gross: dec('32.05') })).toThrow(
      expect.objectContaining({ code: 'inconsistent-charge' }),
    );
    expect(() => capture('40', '0', { ...NODE_HOUR, fee: dec(-1) })).toThrow(
      expect.objectContaining({ code: 'invalid-amount' }),
    );
  });
});

describe('splitCharge', () => {
  it('says how much comes from where', () => {
    const split = splitCharge(dec(10), { heldRemaining: dec(4), available: dec(5) });
    expect([split.fromHeld, split.fromAvailable, split.toOverdue].map(Number)).toEqual([4, 5, 1]);
  });
});

describe('payFromGoodwill', () => {
  it('pays the center all and charges neither fee nor tax', () => {
    expect(lines(payFromGoodwill({ rated: NODE_HOUR, centerId: CENTER }))).toEqual([
      'goodwill -28',
      'center:payable 28 center',
    ]);
  });
});

describe('assertBalanced', () => {
  const posting = (account: 'tenant:held' | 'center:payable' | 'fee:revenue', amount: string, currency = 'CNY') => ({
    account,
    centerId: null,
    amount: dec(amount),
    currency,
  });

  it('refuses postings that do not sum to zero in each currency', () => {
    const postings = [posting('tenant:held', '-1'), posting('fee:revenue', '1', 'EUR')];
    expect(() => assertBalanced({ kind: 'chargeCaptured', postings })).toThrow(/sum to -1 CNY/);
    const byOneUnit = [posting('tenant:held', '-1'), posting('fee:revenue', '1.000000000001')];
    expect(() => assertBalanced({ kind: 'chargeCaptured', postings: byOneUnit })).toThrow(/sum to 0.000000000001 CNY/);
  });

  it('balances each currency on its own', () => {
    const postings = ['CNY', 'EUR'].flatMap((currency) => [
      posting('tenant:held', '-1', currency),
      posting('fee:revenue', '1', currency),
    ]);
    expect(() => assertBalanced({ kind: 'chargeCaptured', postings })).not.toThrow();
  });

  it('refuses postings of zero, finer than 12 decimals, or with a center in the wrong place', () => {
    const refuse = (...postings: Transaction['postings']) =>
      expect(() => assertBalanced({ kind: 'chargeCaptured', postings })).toThrow(
        expect.objectContaining({ code: 'invalid-posting' }),
      );
    refuse(posting('tenant:held', '0'));
    refuse(posting('tenant:held', '-0.0000000000001'), posting('fee:revenue', '0.0000000000001'));
    refuse(posting('tenant:held', '-1'), posting('center:payable', '1'));
    refuse(posting('tenant:held', '-1'), { ...posting('fee:revenue', '1'), centerId: CENTER });
  });
});

describe('reverse', () => {
  it('turns every sign and names itself', () => {
    const reversal = reverse(capture('30', '100'));
    expect(reversal.kind).toBe('reversal');
    expect(lines(reversal)).toEqual([
      'tenant:held 30',
      'tenant:available 2.0544',
      'center:payable -28 center',
      'fee:revenue -2.24',
      'vat:output -1.8144',
    ]);
  });
});

describe('projectBalances', () => {
  it('sums postings by account, center and currency, in the order of the chart', () => {
    const other = captureCharge({
      rated: NODE_HOUR,
      centerId: OTHER_CENTER,
      heldRemaining: dec(0),
      available: dec(100),
    });
    const balances = projectBalances([
      topUp(cny('100')),
      topUp(Money.of('9', 'EUR')),
      placeHold(cny('40')),
      capture('40', '60'),
      other,
    ]);
    expect(
      balances.map(({ account, centerId, currency, amount }) =>
        [account, centerId?.slice(-1) ?? '-', currency, amount.toFixed()].join(' '),
      ),
    ).toEqual([
      'tenant:available - CNY 27.9456',
      'tenant:available - EUR 9',
      'tenant:held - CNY 7.9456',
      'center:payable 1 CNY 28',
      'center:payable 2 CNY 28',
      'fee:revenue - CNY 4.48',
      'vat:output - CNY 3.6288',
      'bank:clearing - CNY -100',
      'bank:clearing - EUR -9',
    ]);
  });

  it('gives one account, zero where nothing was posted to it', () => {
    const charge = capture('40', '0');
    expect(balanceOf([charge], { account: 'center:payable', centerId: CENTER, currency: 'CNY' }).toFixed()).toBe('28');
    expect(balanceOf([charge], { account: 'center:payable', centerId: OTHER_CENTER, currency: 'CNY' }).toFixed()).toBe(
      '0',
    );
    expect(balanceOf([charge], { account: 'tenant:overdue', currency: 'CNY' }).toFixed()).toBe('0');
  });
});
