import { Injectable } from '@nestjs/common';
import { EventStore, type TxContext } from '#libs/platform';
import { type Account, type AccountChange, applyChange, isNoChange } from '../domain/account.js';
import { AccountStore } from './account.store.js';

/** Changes locked balance rows, and tells when an account falls overdue or is settled. */
@Injectable()
export class Balances {
  constructor(
    private readonly accounts: AccountStore,
    private readonly events: EventStore,
  ) {}

  async apply(ctx: TxContext, account: Account, change: AccountChange): Promise<void> {
    if (isNoChange(change)) return;
    const after = applyChange(account, change);
    const type = eventOf(account, after);
    const seq = await this.accounts.apply(ctx, account.id, change, type !== null);
    if (type === null) return;
    await this.events.record(ctx, {
      tenantId: account.tenantId,
      subjectType: 'account',
      subjectId: account.id,
      seq,
      type,
      data: { overdue: after.overdue.toFixed(), currency: account.currency },
    });
  }
}

function eventOf(before: Account, after: Account): 'account.fellOverdue' | 'account.settled' | null {
  const wasOverdue = before.overdue.greaterThan(0);
  if (wasOverdue === after.overdue.greaterThan(0)) return null;
  return wasOverdue ? 'account.settled' : 'account.fellOverdue';
}
