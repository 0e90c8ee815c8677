import { Injectable } from '@nestjs/common';
import { type Account, type AccountEntry, AccountingError, AccountQueries } from '#libs/accounting';
import type { Account as ApiAccount, Entry, Page } from '#libs/contracts';
import { IdentityError, IdentityQueries } from '#libs/identity';
import { type AccountId, type TenantId, toEpochSeconds } from '#libs/kernel';
import type { OperationContext, PageRequest } from '#libs/platform';
import type { Caller } from '../http/api-call.js';
import { toApiInstant } from '../wire/instants.js';
import { toApiMoney } from '../wire/money.js';
import { toApiPage } from '../wire/pages.js';
import { inTenant } from '../wire/tenant-scope.js';

const DIRECTORY_PAGE = 200;

/** Accounts as their tenant, or a platform administrator in its scope, sees them. */
@Injectable()
export class AccountViews {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly identity: IdentityQueries,
  ) {}

  /** @param tenant its code; the caller's own where it names none. @throws IdentityError `tenant-not-found` */
  async accountsOf({ context, principal }: Caller, tenant: string | undefined): Promise<ApiAccount[]> {
    const code = tenant ?? principal.tenantCode;
    const scoped = code === principal.tenantCode ? context : inTenant(context, await this.tenantId(context, code));
    return (await this.accounts.listAccounts(scoped)).map((account) => toApiAccount(account, code));
  }

  /** @param context in the scope of the account's tenant */
  async accountIn(context: OperationContext, id: AccountId): Promise<ApiAccount> {
    const account = await this.accounts.findAccount(context, id);
    if (!account) throw new AccountingError('account-not-found', 'there is no such account');
    return toApiAccount(account, (await this.identity.findTenant(context, null)).code);
  }

  /** @param context in the scope of the account's tenant */
  async entriesIn(context: OperationContext, id: AccountId, page: PageRequest): Promise<Page<Entry>> {
    return toApiPage(await this.accounts.listEntries(context, id, page), toApiEntry);
  }

  /** To anybody but an administrator no other tenant exists. */
  private async tenantId(context: OperationContext, code: string): Promise<TenantId> {
    let cursor: string | null = null;
    do {
      const page = await this.identity.listTenants(context, { limit: DIRECTORY_PAGE, cursor });
      const found = page.items.find((tenant) => tenant.code === code);
      if (found) return found.id;
      cursor = page.nextCursor;
    } while (cursor !== null);
    throw new IdentityError('tenant-not-found', `there is no tenant '${code}'`);
  }
}

function toApiAccount(account: Account, tenant: string): ApiAccount {
  const { id, currency, available, held, overdue, creditLimit, createdAt } = account;
  return {
    id,
    tenant,
    currency,
    available: toApiMoney(available, currency),
    held: toApiMoney(held, currency),
    overdue: toApiMoney(overdue, currency),
    creditLimit: toApiMoney(creditLimit, currency),
    createdAt: toApiInstant(toEpochSeconds(createdAt)),
  };
}

function toApiEntry({ segmentId: _segmentId, holdId: _holdId, ...entry }: AccountEntry): Entry {
  return { ...entry, amount: entry.amount.toJson(), at: toApiInstant(toEpochSeconds(entry.at)) };
}
