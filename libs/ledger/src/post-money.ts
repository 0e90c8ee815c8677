import { Decimal, dec } from '#libs/kernel';
import type { CenterId, Currency, Money } from '#libs/kernel';
import type { AccountKind } from './chart.js';
import { LedgerError } from './ledger.errors.js';
import { transactionOf } from './transaction.js';
import type { Posting, Transaction } from './transaction.js';

/** What a usage record costs, as `libs/pricing` rates it. `gross` = `center` + `fee` + `tax` + `electricity`. */
export interface ChargeAmounts {
  readonly center: Decimal;
  readonly fee: Decimal;
  readonly tax: Decimal;
  /** Passed through to the center at cost; none where the price includes it. */
  readonly electricity?: Decimal;
  readonly gross: Decimal;
  readonly currency: Currency;
}

/**
 * Money paid in: first what is overdue (`overdue`, as a positive amount), the rest available.
 * @throws LedgerError `invalid-amount` unless the money is above zero.
 */
export function topUp(money: Money, overdue: Decimal = dec(0)): Transaction {
  assertPositive(money);
  const settled = lesser(money.amount, overdue);
  return transactionOf('topUp', [
    line('bank:clearing', money.amount.negated(), money.currency),
    line('tenant:overdue', settled, money.currency),
    line('tenant:available', money.amount.minus(settled), money.currency),
  ]);
}

/** Sets money aside for a segment. Whether the limit allows it is for the balance row's CHECK. @throws LedgerError */
export function placeHold(money: Money): Transaction {
  assertPositive(money);
  return move('holdPlaced', 'tenant:available', 'tenant:held', money);
}

/** Gives back what a hold no longer needs. @throws LedgerError */
export function releaseHold(money: Money): Transaction {
  assertPositive(money);
  return move('holdReleased', 'tenant:held', 'tenant:available', money);
}

export interface CaptureSources {
  /** What is left of the segment's hold. */
  readonly heldRemaining: Decimal;
  /** What may still be drawn from `tenant:available`: its balance plus the credit limit; below zero counts as zero. */
  readonly available: Decimal;
}

export interface CaptureSplit {
  readonly fromHeld: Decimal;
  readonly fromAvailable: Decimal;
  readonly toOverdue: Decimal;
}

/** A limit gates promises, not facts: what neither the hold nor the balance covers becomes overdue. */
export function splitCharge(gross: Decimal, sources: CaptureSources): CaptureSplit {
  const fromHeld = lesser(gross, sources.heldRemaining);
  const fromAvailable = lesser(gross.minus(fromHeld), sources.available);
  return { fromHeld, fromAvailable, toOverdue: gross.minus(fromHeld).minus(fromAvailable) };
}

export interface CaptureChargeInput extends CaptureSources {
  readonly rated: ChargeAmounts;
  readonly centerId: CenterId;
}

/**
 * Posts one usage record's charge: from the hold first, then from available, the rest overdue; to the
 * center, the fee and the VAT. No postings for a charge of nothing.
 * @throws LedgerError `inconsistent-charge` where the parts are not the gross, `invalid-amount` where one is negative.
 */
export function captureCharge({ rated, centerId, ...sources }: CaptureChargeInput): Transaction {
  assertCharge(rated);
  const { currency } = rated;
  const { fromHeld, fromAvailable, toOverdue } = splitCharge(rated.gross, sources);
  return transactionOf('chargeCaptured', [
    line('tenant:held', fromHeld.negated(), currency),
    line('tenant:available', fromAvailable.negated(), currency),
    line('tenant:overdue', toOverdue.negated(), currency),
    line('center:payable', earnedByCenter(rated), currency, centerId),
    line('fee:revenue', rated.fee, currency),
    line('vat:output', rated.tax, currency),
  ]);
}

/**
 * Where the fault is the broker's (a duplicate, an overrun, a needless kill) the tenant pays nothing and the
 * center earns all; fee and tax follow the tenant's net, so there are none.
 * @throws LedgerError as `captureCharge`.
 */
export function payFromGoodwill({ rated, centerId }: Pick<CaptureChargeInput, 'rated' | 'centerId'>): Transaction {
  assertCharge(rated);
  const earned = earnedByCenter(rated);
  return transactionOf('goodwillPaid', [
    line('goodwill', earned.negated(), rated.currency),
    line('center:payable', earned, rated.currency, centerId),
  ]);
}

function earnedByCenter(rated: ChargeAmounts): Decimal {
  return rated.center.plus(rated.electricity ?? 0);
}

function move(kind: 'holdPlaced' | 'holdReleased', from: AccountKind, to: AccountKind, money: Money): Transaction {
  return transactionOf(kind, [
    line(from, money.amount.negated(), money.currency),
    line(to, money.amount, money.currency),
  ]);
}

function line(account: AccountKind, amount: Decimal, currency: Currency, centerId: CenterId | null = null): Posting {
  return { account, centerId, amount, currency };
}

/** The lesser of the two, and at least zero. */
function lesser(amount: Decimal, cap: Decimal): Decimal {
  return Decimal.max(0, Decimal.min(amount, cap));
}

function assertPositive(money: Money): void {
  if (money.amount.isFinite() && money.amount.greaterThan(0)) return;
  throw new LedgerError('invalid-amount', `${money.amount.toString()} ${money.currency} is not an amount above zero`);
}

function assertCharge(rated: ChargeAmounts): void {
  const parts = [rated.center, rated.fee, rated.tax, rated.electricity ?? dec(0)];
  const negative = parts.find((part) => part.isNaN() || part.lessThan(0));
  if (negative) throw new LedgerError('invalid-amount', `a charge cannot have a part of ${negative.toString()}`);
  const sum = parts.reduce((total, part) => total.plus(part));
  if (!sum.equals(rated.gross))
    throw new LedgerError(
      'inconsistent-charge',
      `center, fee, tax and electricity are ${sum.toFixed()}, and the gross ${rated.gross.toFixed()}`,
    );
}
