import { Injectable } from '@nestjs/common';
import { type AccountId, type Currency, type Money, type TenantId, dec } from '#libs/kernel';
import { Clock, EventStore, IdSource, type OperationContext, TransactionRunner } from '#libs/platform';
import { AccountingError } from '../domain/accounting.errors.js';
import { AccountStore } from './account.store.js';

export interface OpenAccountInput {
  readonly tenantId: TenantId;
  readonly currency: Currency;
  /** How far below zero holds may take the balance; none by default. */
  readonly creditLimit?: Money;
}

/** Opens a tenant's account in a currency, empty. Runs on the caller's transaction if it has one. */
@Injectable()
export class OpenAccountService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly accounts: AccountStore,
    private readonly events: EventStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {}

  /** @throws AccountingError `account-exists`, `currency-mismatch` */
  async execute(context: OperationContext, input: OpenAccountInput): Promise<AccountId> {
    const { tenantId, currency, creditLimit } = input;
    if (creditLimit && creditLimit.currency !== currency)
      throw new AccountingError(
        'currency-mismatch',
        `a credit limit in ${creditLimit.currency} on an account in ${currency}`,
      );
    const id = this.ids.next<AccountId>();
    await this.transactions.run(context, async (ctx) => {
      await this.accounts.insert(ctx, {
        id,
        tenantId,
        currency,
        creditLimit: creditLimit?.amount ?? dec(0),
        at: this.clock.now(),
      });
      const data = { currency };
      await this.events.record(ctx, {
        tenantId,
        subjectType: 'account',
        subjectId: id,
        seq: 1,
        type: 'account.opened',
        data,
      });
    });
    return id;
  }
}
