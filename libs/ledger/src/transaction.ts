import { dec, sumDecimals } from '#libs/kernel';
import type { CenterId, Currency, Decimal } from '#libs/kernel';
import { CHART } from './chart.js';
import type { AccountKind } from './chart.js';
import { LedgerError } from './ledger.errors.js';

/** The ledger's scale. */
const AMOUNT_DECIMALS = 12;

export interface Posting {
  readonly account: AccountKind;
  /** The center of a `center:*` account, else null. Tenant accounts are those of the transaction's one tenant. */
  readonly centerId: CenterId | null;
  /** Credit-positive, never zero, at most 12 decimals. */
  readonly amount: Decimal;
  readonly currency: Currency;
}

export const TRANSACTION_KINDS = [
  'topUp',
  'holdPlaced',
  'chargeCaptured',
  'holdReleased',
  'goodwillPaid',
  'reversal',
] as const;
export type TransactionKind = (typeof TRANSACTION_KINDS)[number];

/** One business fact: its postings sum to zero in each currency. History is only appended to. */
export interface Transaction {
  readonly kind: TransactionKind;
  /** Empty where the fact moves no money (a charge of nothing). */
  readonly postings: readonly Posting[];
}

/** @throws LedgerError `unbalanced` or `invalid-posting`. */
export function assertBalanced(transaction: Transaction): void {
  transaction.postings.forEach(assertPosting);
  for (const currency of new Set(transaction.postings.map((posting) => posting.currency))) {
    const inCurrency = transaction.postings.filter((posting) => posting.currency === currency);
    const sum = sumDecimals(inCurrency.map((posting) => posting.amount));
    if (!sum.isZero())
      throw new LedgerError(
        'unbalanced',
        `the postings of this ${transaction.kind} sum to ${sum.toFixed()} ${currency}`,
      );
  }
}

function assertPosting({ account, amount, centerId }: Posting): void {
  if (!amount.isFinite() || amount.isZero() || amount.decimalPlaces() > AMOUNT_DECIMALS)
    throw new LedgerError(
      'invalid-posting',
      `${amount.toString()} on ${account} is not an amount of at most 12 decimals`,
    );
  if ((CHART[account] === 'center') !== (centerId !== null))
    throw new LedgerError('invalid-posting', `${account} ${centerId === null ? 'needs a' : 'has no'} center`);
}

/** A transaction of those lines that move something; checked. */
export function transactionOf(kind: TransactionKind, lines: readonly Posting[]): Transaction {
  const transaction = { kind, postings: lines.filter((line) => !line.amount.isZero()) };
  assertBalanced(transaction);
  return transaction;
}

/** The same postings with their signs turned: errors are mended by this, never by an edit. */
export function reverse(transaction: Transaction): Transaction {
  const turned = transaction.postings.map((posting) => ({ ...posting, amount: dec(posting.amount).negated() }));
  return transactionOf('reversal', turned);
}
