import { Injectable } from '@nestjs/common';
import { type AccountId, InvalidInputError, type TenantId, type TransactionId, asId, isUuid } from '#libs/kernel';
import {
  type OperationContext,
  type Page,
  type PageRequest,
  TransactionRunner,
  asTenant,
  decodeKeys,
  pageByKeys,
} from '#libs/platform';
import type { Account } from '../domain/account.js';
import { AccountingError } from '../domain/accounting.errors.js';
import { AccountStore } from './account.store.js';
import { type AccountEntry, type EntryPlace, LedgerStore } from './ledger.store.js';

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

  /** Line by line, newest first. @throws AccountingError `account-not-found`; InvalidInputError for a cursor that no page gave */
  async listEntries(context: OperationContext, id: AccountId, page: PageRequest): Promise<Page<AccountEntry>> {
    const after = page.cursor === null ? null : placeOf(page.cursor);
    return this.transactions.run(context, async (ctx) => {
      const account = await this.accounts.find(ctx, id);
      if (!account) throw notFound();
      const { tenantId, currency } = account;
      const entries = await this.ledger.listEntries(ctx, { tenantId, currency, after, limit: page.limit + 1 });
      return pageByKeys(entries, page.limit, ({ transactionId, line }) => [transactionId, line]);
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

function placeOf(cursor: string): EntryPlace {
  const [transactionId, line] = decodeKeys(cursor, ['text', 'integer']);
  if (typeof transactionId === 'string' && isUuid(transactionId))
    return { transactionId: asId<TransactionId>(transactionId), line: Number(line) };
  throw new InvalidInputError([{ path: '/cursor', message: 'must be the nextCursor of an earlier page' }]);
}

function notFound(): AccountingError {
  return new AccountingError('account-not-found', 'there is no such account');
}
