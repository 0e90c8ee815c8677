import { dec } from '#libs/kernel';
import type { CenterId, Currency, Decimal } from '#libs/kernel';
import { ACCOUNT_KINDS } from './chart.js';
import type { AccountKind } from './chart.js';
import type { Posting, Transaction } from './transaction.js';

/** Credit-positive. */
export interface Balance {
  readonly account: AccountKind;
  readonly centerId: CenterId | null;
  readonly currency: Currency;
  readonly amount: Decimal;
}

/**
 * Balances are nothing but the sum of the postings: one per account, center and currency that any posting
 * names, in the chart's order, then by center and currency. Give it one tenant's transactions for that tenant's balances; the
 * balances of one transaction are what it changes.
 */
export function projectBalances(transactions: Iterable<Transaction>): Balance[] {
  const balances = new Map<string, Balance>();
  for (const transaction of transactions)
    for (const posting of transaction.postings) {
      const key = keyOf(posting);
      balances.set(key, { ...posting, amount: posting.amount.plus(balances.get(key)?.amount ?? 0) });
    }
  return [...balances.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, balance]) => balance);
}

/** The balance of one account, zero where nothing was posted to it; of `center:payable`, that of one center. */
export function balanceOf(
  transactions: Iterable<Transaction>,
  account: { account: AccountKind; currency: Currency; centerId?: CenterId | null },
): Decimal {
  const key = keyOf({ ...account, centerId: account.centerId ?? null });
  return projectBalances(transactions).find((balance) => keyOf(balance) === key)?.amount ?? dec(0);
}

function keyOf({ account, centerId, currency }: Pick<Posting, 'account' | 'centerId' | 'currency'>): string {
  const order = String(ACCOUNT_KINDS.indexOf(account)).padStart(2, '0');
  return [order, centerId ?? '', currency].join('|');
}
