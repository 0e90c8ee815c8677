import { Injectable } from '@nestjs/common';
import { type AccountId, type Money, type TransactionId, asId } from '#libs/kernel';
import { topUp } from '#libs/ledger';
import { Clock, IdSource, type OperationContext, TransactionRunner, type TxContext } from '#libs/platform';
import { type Account, changeOf } from '../domain/account.js';
import { AccountingError } from '../domain/accounting.errors.js';
import { AccountStore } from './account.store.js';
import { Balances } from './balances.js';
import { LedgerStore } from './ledger.store.js';

const AMOUNT_MAX = '999999999999.99';

export interface TopUpInput {
  readonly accountId: AccountId;
  readonly money: Money;
  /** The bank's reference of the payment. */
  readonly reference: string;
}

/**
 * Money that was paid in: what is overdue is settled first, the rest becomes available. The context's tenant is
 * the account's; for a platform administrator `AccountQueries.contextOfAccount` makes such a context.
 */
@Injectable()
export class TopUpService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly accounts: AccountStore,
    private readonly balances: Balances,
    private readonly ledger: LedgerStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {}

  /** @throws AccountingError `account-not-found`, `currency-mismatch`, `invalid-amount` */
  async execute(context: OperationContext, input: TopUpInput): Promise<TransactionId> {
    assertAmount(input.money);
    return this.transactions.run(context, async (ctx) => {
      const account = (await this.accounts.lock(ctx, [input.accountId])).get(input.accountId);
      if (!account) throw new AccountingError('account-not-found', 'there is no such account');
      if (account.currency !== input.money.currency)
        throw new AccountingError(
          'currency-mismatch',
          `this account is in ${account.currency}: a payment in ${input.money.currency} needs an account of its own`,
        );
      return this.post(ctx, account, input);
    });
  }

  private async post(ctx: TxContext, account: Account, { money, reference }: TopUpInput): Promise<TransactionId> {
    const id = asId<TransactionId>(this.ids.next());
    const transaction = topUp(money, account.overdue);
    await this.balances.apply(ctx, account, changeOf([transaction], account.currency));
    const description = `Top-up ${reference}`;
    await this.ledger.post(
      ctx,
      [{ id, tenantId: account.tenantId, transaction, reference, description }],
      this.clock.now(),
    );
    return id;
  }
}

function assertAmount({ amount }: Money): void {
  if (amount.greaterThan(0) && amount.lessThanOrEqualTo(AMOUNT_MAX) && amount.decimalPlaces() <= 2) return;
  throw new AccountingError(
    'invalid-amount',
    `a top-up is more than 0, at most ${AMOUNT_MAX}, and has at most 2 decimals`,
  );
}
