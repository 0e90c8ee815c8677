import { Injectable } from '@nestjs/common';
import type { AccountId, TenantId, TransactionId } from '#libs/kernel';
import { type OperationContext, TransactionRunner, asTenant } from '#libs/platform';
import type { Account } from '../domain/account.js';
import { AccountingError } from '../domain/accounting.errors.js';
import { AccountStore } from './account.store.js';
import { type AccountEntry, LedgerStore } from './ledger.store.js';

export interface ListEntriesInput {
  readonly accountId: AccountId;
  readonly limit: number;
  /** The last transaction of the page before; null for the newest page. */
  readonly before: TransactionId | null;
}

/** Balances and entries of the tenant in scope. */
@Injectable()
export class AccountQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly accounts: AccountStore,
    private readonly ledger: LedgerStore,
  ) {}

  async findAccount(context: OperationContext, id: AccountId): Promise<Account | null> {
    return this.transactions.run(context, (ctx) => this.accounts.find(ctx, id));
  }

  /** Oldest first: one a currency. */
  async listAccounts(context: OperationContext): Promise<Account[]> {
    return this.transactions.run(context, (ctx) => this.accounts.list(ctx));
  }

  /** Newest first; `next` goes into `before` for the page after, null at the end. @throws AccountingError `account-not-found` */
  async listEntries(
    context: OperationContext,
    input: ListEntriesInput,
  ): Promise<{ entries: AccountEntry[]; next: TransactionId | null }> {
    return this.transactions.run(context, async (ctx) => {
      const account = await this.accounts.find(ctx, input.accountId);
      if (!account) throw notFound();
      const { tenantId, currency } = account;
      const found = await this.ledger.listEntries(ctx, { ...input, limit: input.limit + 1, tenantId, currency });
      const entries = found.slice(0, input.limit);
      return { entries, next: found.length > input.limit ? (entries.at(-1)?.transactionId ?? null) : null };
    });
  }

  /**
   * The context in which this account may be read and topped up: the caller's own, or for a platform
   * administrator the same caller in the scope of the account's tenant.
   * @throws AccountingError `account-not-found`
   */
  async contextOfAccount(context: OperationContext, id: AccountId): Promise<OperationContext> {
    return this.transactions.run(context, async (ctx) => {
      if (await this.accounts.find(ctx, id)) return context;
      const tenantId = await this.accounts.findTenant(ctx, id);
      if (!tenantId) throw notFound();
      return asTenant(context, tenantId);
    });
  }

  /** For a platform administrator: the accounts of any tenant, by id. */
  async accountIdsOfTenant(context: OperationContext, tenantId: TenantId): Promise<AccountId[]> {
    return this.transactions.run(context, (ctx) => this.accounts.findIdsOfTenant(ctx, tenantId));
  }
}

function notFound(): AccountingError {
  return new AccountingError('account-not-found', 'there is no such account');
}
