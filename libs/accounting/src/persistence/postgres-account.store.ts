import { Injectable } from '@nestjs/common';
import { dec } from '#libs/kernel';
import type { AccountId, Currency, TenantId } from '#libs/kernel';
import { type TxContext, isConstraintViolation, query } from '#libs/platform';
import { AccountStore, type NewAccount, type TakeForHold } from '../application/account.store.js';
import type { Account, AccountChange } from '../domain/account.js';
import { AccountingError } from '../domain/accounting.errors.js';

interface AccountRow {
  readonly id: AccountId;
  readonly tenant_id: TenantId;
  readonly currency: Currency;
  readonly available: string;
  readonly held: string;
  readonly overdue: string;
  readonly credit_limit: string;
  readonly created_at: Date;
}

const COLUMNS = 'id, tenant_id, currency, available, held, overdue, credit_limit, created_at';

@Injectable()
export class PostgresAccountStore extends AccountStore {
  async insert(ctx: TxContext, { id, tenantId, currency, creditLimit, at }: NewAccount): Promise<void> {
    try {
      await query(
        ctx,
        `INSERT INTO tenant_account (id, tenant_id, currency, credit_limit, event_seq, created_at) VALUES ($1, $2, $3, $4, 1, $5)`,
        [id, tenantId, currency, creditLimit.toFixed(), at],
      );
    } catch (error) {
      if (isConstraintViolation(error, 'tenant_account_tenant_id_currency_key'))
        throw new AccountingError('account-exists', `this tenant has an account in ${currency}`);
      throw error;
    }
  }

  async lock(ctx: TxContext, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Account>> {
    const found = await query<AccountRow>(
      ctx,
      `SELECT ${COLUMNS} FROM tenant_account WHERE id = ANY ($1) ORDER BY id FOR UPDATE`,
      [ids],
    );
    return new Map(found.map((row) => [row.id, fromDbAccount(row)]));
  }

  async apply(ctx: TxContext, id: AccountId, change: AccountChange, countsEvent: boolean): Promise<number> {
    const [row] = await query<{ event_seq: number }>(
      ctx,
      `UPDATE tenant_account SET available = available + $2, held = held + $3, overdue = overdue + $4, version = version + 1,
         event_seq = event_seq + $5 WHERE id = $1 RETURNING event_seq`,
      [id, change.available.toFixed(), change.held.toFixed(), change.overdue.toFixed(), countsEvent ? 1 : 0],
    );
    if (!row) throw new AccountingError('account-not-found', 'there is no such account');
    return row.event_seq;
  }

  async takeForHold(ctx: TxContext, { tenantId, currency, amount }: TakeForHold): Promise<AccountId | null> {
    const [row] = await query<{ id: AccountId }>(
      ctx,
      `UPDATE tenant_account SET available = available - $3, held = held + $3, version = version + 1
       WHERE tenant_id = $1 AND currency = $2 AND overdue = 0 AND available - $3 >= -credit_limit RETURNING id`,
      [tenantId, currency, amount.toFixed()],
    );
    return row?.id ?? null;
  }

  async find(ctx: TxContext, id: AccountId): Promise<Account | null> {
    const [row] = await query<AccountRow>(ctx, `SELECT ${COLUMNS} FROM tenant_account WHERE id = $1`, [id]);
    return row ? fromDbAccount(row) : null;
  }

  async list(ctx: TxContext): Promise<Account[]> {
    const found = await query<AccountRow>(
      ctx,
      `SELECT ${COLUMNS} FROM tenant_account WHERE tenant_id = yusuan_tenant() ORDER BY id`,
    );
    return found.map(fromDbAccount);
  }

  async listOfTenants(ctx: TxContext, tenantIds: readonly TenantId[]): Promise<Account[]> {
    const found = await query<AccountRow>(
      ctx,
      `SELECT ${COLUMNS} FROM tenant_account WHERE tenant_id = ANY ($1) ORDER BY id`,
      [tenantIds],
    );
    return found.map(fromDbAccount);
  }

  async findTenant(ctx: TxContext, id: AccountId): Promise<TenantId | null> {
    const [row] = await query<{ tenant_id: TenantId }>(ctx, 'SELECT tenant_id FROM account_directory WHERE id = $1', [
      id,
    ]);
    return row?.tenant_id ?? null;
  }

  async findIdsOfTenant(ctx: TxContext, tenantId: TenantId): Promise<AccountId[]> {
    const found = await query<{ id: AccountId }>(
      ctx,
      'SELECT id FROM account_directory WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
    return found.map((row) => row.id);
  }
}

function fromDbAccount(row: AccountRow): Account {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    currency: row.currency,
    available: dec(row.available),
    held: dec(row.held),
    overdue: dec(row.overdue),
    creditLimit: dec(row.credit_limit),
    createdAt: row.created_at,
  };
}
