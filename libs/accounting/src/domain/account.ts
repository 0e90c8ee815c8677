import { Decimal, dec } from '#libs/kernel';
import type { AccountId, Currency, TenantId } from '#libs/kernel';
import { balanceOf } from '#libs/ledger';
import type { Transaction } from '#libs/ledger';

/** A tenant's money in one currency. */
export interface Account {
  readonly id: AccountId;
  readonly tenantId: TenantId;
  readonly currency: Currency;
  /** May be below zero, down to the credit limit. */
  readonly available: Decimal;
  readonly held: Decimal;
  /** Used beyond hold, balance and limit: zero or more. While there is any, nothing new is held. */
  readonly overdue: Decimal;
  readonly creditLimit: Decimal;
  readonly createdAt: Date;
}

export interface AccountChange {
  readonly available: Decimal;
  readonly held: Decimal;
  readonly overdue: Decimal;
}

export const NO_CHANGE: AccountChange = { available: dec(0), held: dec(0), overdue: dec(0) };

/** What posting these transactions changes on the tenant's balance row: `overdue` counts up there, and down in the ledger. */
export function changeOf(transactions: readonly Transaction[], currency: Currency): AccountChange {
  return {
    available: balanceOf(transactions, { account: 'tenant:available', currency }),
    held: balanceOf(transactions, { account: 'tenant:held', currency }),
    overdue: balanceOf(transactions, { account: 'tenant:overdue', currency }).negated(),
  };
}

export function isNoChange(change: AccountChange): boolean {
  return change.available.isZero() && change.held.isZero() && change.overdue.isZero();
}

export function applyChange<T extends AccountChange>(account: T, change: AccountChange): T {
  return {
    ...account,
    available: account.available.plus(change.available),
    held: account.held.plus(change.held),
    overdue: account.overdue.plus(change.overdue),
  };
}

/** What may still be spent: the balance and the credit limit, never below zero. */
export function spendable(account: Pick<Account, 'available' | 'creditLimit'>): Decimal {
  return Decimal.max(0, account.available.plus(account.creditLimit));
}
