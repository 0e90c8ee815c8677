import type { AccountId, Currency, Decimal, TenantId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { Account, AccountChange } from '../domain/account.js';

export interface NewAccount {
  readonly id: AccountId;
  readonly tenantId: TenantId;
  readonly currency: Currency;
  readonly creditLimit: Decimal;
  readonly at: Date;
}

export interface TakeForHold {
  readonly tenantId: TenantId;
  readonly currency: Currency;
  readonly amount: Decimal;
}

/** The tenants' balance rows. Locked before the holds that draw on them. */
export abstract class AccountStore {
  /** Its first event has the number 1. @throws AccountingError `account-exists` where the tenant has one in this currency. */
  abstract insert(ctx: TxContext, account: NewAccount): Promise<void>;
  /** In ascending ids. */
  abstract lock(ctx: TxContext, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Account>>;
  /** Only under the lock. `countsEvent`: the change has an event, whose number is the answer. */
  abstract apply(ctx: TxContext, id: AccountId, change: AccountChange, countsEvent: boolean): Promise<number>;
  /** Moves money from available to held in one guarded statement; null where limit or overdue money forbid it. */
  abstract takeForHold(ctx: TxContext, input: TakeForHold): Promise<AccountId | null>;
  abstract find(ctx: TxContext, id: AccountId): Promise<Account | null>;
  /** Oldest first. */
  abstract list(ctx: TxContext): Promise<Account[]>;
  abstract listOfTenants(ctx: TxContext, tenantIds: readonly TenantId[]): Promise<Account[]>;
  /** For platform administrators: whose account it is. */
  abstract findTenant(ctx: TxContext, id: AccountId): Promise<TenantId | null>;
  /** For platform administrators: the accounts of any tenant. */
  abstract findIdsOfTenant(ctx: TxContext, tenantId: TenantId): Promise<AccountId[]>;
}
