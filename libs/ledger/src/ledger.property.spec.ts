import { Decimal, Money, dec, sumDecimals } from '#libs/kernel';
import type { CenterId } from '#libs/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertBalanced,
  balanceOf,
  captureCharge,
  payFromGoodwill,
  placeHold,
  projectBalances,
  releaseHold,
  reverse,
  topUp,
} from './index.js';
import type { AccountKind, ChargeAmounts, Transaction } from './index.js';

const CENTERS = ['1', '2', '3'].map((last) => `0198f000-0000-7000-8000-00000000000${last}` as CenterId);

/** Up to 12 decimals, as the ledger keeps them. */
const amounts = fc.bigInt({ min: 0n, max: 10n ** 18n }).map((units) => dec(`${units}`).dividedBy('1e12'));
const sums = amounts.map((amount) => Money.of(amount.plus('1e-12'), 'CNY'));

const charges: fc.Arbitrary<ChargeAmounts> = fc
  .record({ center: amounts, fee: amounts, tax: amounts, electricity: fc.option(amounts, { nil: undefined }) })
  .map(({ electricity, ...parts }) => ({
    ...parts,
    ...(electricity && { electricity }),
    gross: sumDecimals([parts.center, parts.fee, parts.tax, electricity ?? dec(0)]),
    currency: 'CNY',
  }));

const captures = fc.record({
  rated: charges,
  centerId: fc.constantFrom(...CENTERS),
  heldRemaining: amounts,
  available: amounts.map((amount) => amount.minus(1000)),
});

const transactions: fc.Arbitrary<Transaction> = fc.oneof(
  fc.tuple(sums, amounts).map(([money, overdue]) => topUp(money, overdue)),
  sums.map(placeHold),
  sums.map(releaseHold),
  captures.map(captureCharge),
  captures.map(payFromGoodwill),
);

function sumOf(transaction: Transaction): Decimal {
  return sumDecimals(transaction.postings.map((posting) => posting.amount));
}

/** A broker's bookkeeping in small: one tenant with a credit limit, many holds, never asking the builders twice. */
class Books {
  readonly transactions: Transaction[] = [];
  readonly holds: { amount: Decimal; captured: Decimal; released: Decimal }[] = [];

  constructor(private readonly creditLimit: Decimal) {}

  balance(account: AccountKind): Decimal {
    return balanceOf(this.transactions, { account, currency: 'CNY' });
  }

  topUp(money: Money): void {
    this.transactions.push(topUp(money, this.balance('tenant:overdue').negated()));
  }

  hold(money: Money): void {
    if (money.amount.greaterThan(this.balance('tenant:available').plus(this.creditLimit))) return;
    this.transactions.push(placeHold(money));
    this.holds.push({ amount: money.amount, captured: dec(0), released: dec(0) });
  }

  capture(index: number, rated: ChargeAmounts, centerId: CenterId): void {
    const hold = this.holds[index % Math.max(1, this.holds.length)];
    if (!hold) return;
    const available = this.balance('tenant:available').plus(this.creditLimit);
    const charge = captureCharge({ rated, centerId, heldRemaining: this.remaining(hold), available });
    this.transactions.push(charge);
    hold.captured = hold.captured.minus(balanceOf([charge], { account: 'tenant:held', currency: 'CNY' }));
  }

  release(index: number): void {
    const hold = this.holds[index % Math.max(1, this.holds.length)];
    if (!hold || this.remaining(hold).isZero()) return;
    const rest = this.remaining(hold);
    this.transactions.push(releaseHold(Money.of(rest, 'CNY')));
    hold.released = hold.released.plus(rest);
  }

  remaining(hold: { amount: Decimal; captured: Decimal; released: Decimal }): Decimal {
    return hold.amount.minus(hold.captured).minus(hold.released);
  }
}

type Step = (books: Books) => void;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    sums.map((money) => (books) => books.topUp(money)),
    sums.map((money) => (books) => books.hold(money)),
    fc.tuple(fc.nat(50), charges, fc.constantFrom(...CENTERS)).map(
      ([index, rated, centerId]) =>
        (books) =>
          books.capture(index, rated, centerId),
    ),
    fc.nat(50).map((index) => (books) => books.release(index)),
  ),
  { maxLength: 40 },
);

describe('every builder', () => {
  it('makes postings that sum to zero, each above nothing and at most 12 decimals', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        expect(() => assertBalanced(transaction)).not.toThrow();
        expect(sumOf(transaction).isZero()).toBe(true);
        for (const { amount } of transaction.postings)
          expect(amount.isZero() || amount.decimalPlaces() > 12).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('can be reversed, which restores every balance', () => {
    fc.assert(
      fc.property(fc.array(transactions, { maxLength: 10 }), transactions, (history, mistake) => {
        const before = projectBalances(history).filter((balance) => !balance.amount.isZero());
        const after = projectBalances([...history, mistake, reverse(mistake)]).filter(
          (balance) => !balance.amount.isZero(),
        );
        expect(after.map((balance) => ({ ...balance, amount: balance.amount.toFixed() }))).toEqual(
          before.map((balance) => ({ ...balance, amount: balance.amount.toFixed() })),
        );
      }),
    );
  });
});

describe('a capture', () => {
  it('debits the tenant the gross, from the hold first, and overdue only where nothing else is left', () => {
    fc.assert(
      fc.property(captures, (input) => {
        const taken = (account: AccountKind): Decimal =>
          balanceOf([captureCharge(input)], { account, currency: 'CNY' }).negated();
        const [held, available, overdue] = [taken('tenant:held'), taken('tenant:available'), taken('tenant:overdue')];
        expect(sumDecimals([held, available, overdue]).equals(input.rated.gross)).toBe(true);
        expect(held.equals(Decimal.min(input.rated.gross, input.heldRemaining))).toBe(true);
        if (available.greaterThan(0)) expect(held.equals(input.heldRemaining)).toBe(true);
        if (overdue.greaterThan(0)) expect(available.equals(Decimal.max(0, input.available))).toBe(true);
        expect([held, available, overdue].some((amount) => amount.lessThan(0))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('any sequence of top-ups, holds, captures and releases', () => {
  it('never captures and releases more than a hold, nor takes available below the credit limit', () => {
    fc.assert(
      fc.property(steps, amounts, (sequence, creditLimit) => {
        const books = new Books(creditLimit);
        for (const step of sequence) {
          step(books);
          for (const hold of books.holds) expect(books.remaining(hold).lessThan(0)).toBe(false);
          const stillHeld = sumDecimals(books.holds.map((hold) => books.remaining(hold)));
          expect(books.balance('tenant:held').equals(stillHeld)).toBe(true);
          expect(books.balance('tenant:available').plus(creditLimit).lessThan(0)).toBe(false);
          expect(books.balance('tenant:overdue').greaterThan(0)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keeps the identity: tenants paid or owe what centers, fee and VAT were credited', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const books = new Books(dec(0));
        for (const step of sequence) step(books);
        const charged = books.transactions.filter((transaction) => transaction.kind === 'chargeCaptured');
        const total = (...prefixes: string[]): Decimal =>
          sumDecimals(
            projectBalances(charged)
              .filter((balance) => prefixes.some((prefix) => balance.account.startsWith(prefix)))
              .map((balance) => balance.amount),
          );
        expect(
          total('tenant:')
            .negated()
            .equals(total('center:', 'fee:', 'vat:')),
        ).toBe(true);
        expect(sumDecimals(projectBalances(books.transactions).map((balance) => balance.amount)).isZero()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
