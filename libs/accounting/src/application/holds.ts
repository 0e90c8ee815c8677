import { Injectable } from '@nestjs/common';
import { Money } from '#libs/kernel';
import type {
  Currency,
  Decimal,
  HoldId,
  Interval,
  JobId,
  PoolId,
  PriceScheduleId,
  SegmentId,
  TenantId,
} from '#libs/kernel';
import { placeHold, releaseHold } from '#libs/ledger';
import { Clock, IdSource, type TxContext } from '#libs/platform';
import type { PriceSchedule } from '#libs/pricing';
import { changeOf, spendable } from '../domain/account.js';
import { AccountingError } from '../domain/accounting.errors.js';
import { holdForUse } from '../domain/price-use.js';
import { AccountStore } from './account.store.js';
import { Balances } from './balances.js';
import { HoldStore } from './hold.store.js';
import { LedgerStore } from './ledger.store.js';
import { PoolSites } from './pool-sites.js';
import { PriceStore } from './price.store.js';

/** The interval is the segment's: from its start to the time limit's end. */
export interface PlaceHoldInput extends Interval {
  readonly holdId: HoldId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly priceScheduleId: PriceScheduleId;
  readonly poolId: PoolId;
  readonly nodes: number;
  readonly devicesPerNode: number;
}

/** Money set aside for segments about to run. Everything runs on the caller's transaction. */
@Injectable()
export class Holds {
  constructor(
    private readonly accounts: AccountStore,
    private readonly balances: Balances,
    private readonly holds: HoldStore,
    private readonly ledger: LedgerStore,
    private readonly prices: PriceStore,
    private readonly sites: PoolSites,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Holds what the segment can cost at most. `insufficient-funds` where that would take the tenant below its
   * credit limit, where money is overdue, or where the tenant has no account in the schedule's currency;
   * nothing is written then.
   * @throws AccountingError `price-not-found`; PricingError `electricity-unknown`
   */
  async place(ctx: TxContext, input: PlaceHoldInput): Promise<'held' | 'insufficient-funds'> {
    const schedule = (await this.prices.findSchedules(ctx, [input.priceScheduleId])).get(input.priceScheduleId);
    if (!schedule) throw new AccountingError('price-not-found', 'the price schedule is not known');
    const { amount, currency } = await this.amountFor(ctx, schedule, input);
    const { holdId: id, tenantId, jobId, segmentId } = input;
    const accountId = await this.accounts.takeForHold(ctx, { tenantId, currency, amount });
    if (accountId === null) return 'insufficient-funds';
    await this.holds.insert(ctx, { id, tenantId, accountId, jobId, segmentId, currency, amount }, this.clock.now());
    if (!amount.isZero()) await this.postPlaced(ctx, input, Money.of(amount, currency));
    return 'held';
  }

  /** What `place` would hold. @throws PricingError `electricity-unknown` */
  async amountFor(
    ctx: TxContext,
    schedule: PriceSchedule,
    use: Pick<PlaceHoldInput, 'poolId' | 'nodes' | 'devicesPerNode' | 'startsAt' | 'endsAt'>,
  ): Promise<Money> {
    return holdForUse(schedule, await this.sites.siteOf(ctx, use.poolId), use);
  }

  /** Gives back what is left and closes the hold. False where it was closed already. @throws AccountingError `hold-not-found` */
  async release(ctx: TxContext, holdId: HoldId): Promise<boolean> {
    const found = await this.holds.find(ctx, holdId);
    if (!found) throw new AccountingError('hold-not-found', 'there is no such hold');
    const account = (await this.accounts.lock(ctx, [found.accountId])).get(found.accountId);
    const hold = (await this.holds.lock(ctx, [holdId])).get(holdId);
    if (!account || !hold) throw new AccountingError('hold-not-found', 'the hold or its account is out of reach');
    if (!(await this.holds.close(ctx, holdId, this.clock.now()))) return false;
    const rest = hold.amount.minus(hold.captured).minus(hold.released);
    if (rest.isZero()) return true;
    const transaction = releaseHold(Money.of(rest, hold.currency));
    await this.balances.apply(ctx, account, changeOf([transaction], hold.currency));
    const { tenantId, jobId, segmentId } = hold;
    const description = 'Rest of the hold, given back';
    const entry = { id: this.ids.next<never>(), tenantId, jobId, segmentId, holdId, transaction, description };
    await this.ledger.post(ctx, [entry], this.clock.now());
    return true;
  }

  /** What each tenant may still have held, by currency: nothing while money is overdue. Tenants without an account: an empty map. */
  async available(
    ctx: TxContext,
    tenantIds: readonly TenantId[],
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<Currency, Decimal>>> {
    const byTenant = new Map(tenantIds.map((id) => [id, new Map<Currency, Decimal>()]));
    for (const account of await this.accounts.listOfTenants(ctx, tenantIds)) {
      const free = spendable(account);
      byTenant.get(account.tenantId)?.set(account.currency, account.overdue.isZero() ? free : free.times(0));
    }
    return byTenant;
  }

  private async postPlaced(ctx: TxContext, input: PlaceHoldInput, money: Money): Promise<void> {
    const { holdId, tenantId, jobId, segmentId } = input;
    const transaction = placeHold(money);
    const description = 'Hold for a segment';
    const entry = { id: this.ids.next<never>(), tenantId, jobId, segmentId, holdId, transaction, description };
    await this.ledger.post(ctx, [entry], this.clock.now());
  }
}
