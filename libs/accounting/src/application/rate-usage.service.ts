import { Injectable, Logger } from '@nestjs/common';
import { Decimal } from '#libs/kernel';
import type { ChargeId, HoldId, TenantId, TransactionId, UsageRecordId } from '#libs/kernel';
import {
  Clock,
  IdSource,
  type OperationContext,
  PlatformConfig,
  TransactionRunner,
  type TxContext,
  crashPoint,
} from '#libs/platform';
import { type ChargeBatch, type ChargeableRecord, type RatingFault, chargeBatch } from '../domain/charge-batch.js';
import { dayIncrements } from '../domain/day-rollup.js';
import { AccountStore } from './account.store.js';
import { Balances } from './balances.js';
import { HoldStore } from './hold.store.js';
import { Holds } from './holds.js';
import { LedgerStore } from './ledger.store.js';
import { PriceStore } from './price.store.js';
import { type NewCharge, RatingStore } from './rating.store.js';

const BATCH_RECORDS = 200;
const TENANTS_PER_ROUND_MAX = 100;
const HOLDS_PER_ROUND_MAX = 100;

export interface RatingSummary {
  readonly charged: number;
  /** Records that cannot be rated now: they stand aside with the problem in words, and are tried again later. */
  readonly parked: number;
  readonly holdsClosed: number;
}

/**
 * Charges closed usage records, each exactly once: charge, postings, capture from the hold, the tenant's balance
 * and the day rollup in one transaction per tenant and batch. Afterwards gives back the rest of holds whose
 * attempts are closed and charged. As many at once as wanted: the queue is drained with SKIP LOCKED.
 */
@Injectable()
export class RateUsageService {
  private readonly logger = new Logger(RateUsageService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rating: RatingStore,
    private readonly accounts: AccountStore,
    private readonly balances: Balances,
    private readonly holdStore: HoldStore,
    private readonly holds: Holds,
    private readonly ledger: LedgerStore,
    private readonly prices: PriceStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
    private readonly config: PlatformConfig,
  ) {}

  async execute(context: OperationContext): Promise<RatingSummary> {
    let charged = 0;
    let parked = 0;
    for (;;) {
      const round = await this.rateRound(context);
      charged += round.charged;
      parked += round.parked;
      // What is left is in another rater's hands.
      if (round.charged + round.parked === 0) break;
    }
    return { charged, parked, holdsClosed: await this.closeSettledHolds(context) };
  }

  /** True where `execute` would find something to do. */
  async hasWork(context: OperationContext): Promise<boolean> {
    return this.transactions.run(context, async (ctx) => {
      const tenants = await this.rating.findTenantsWithDue(ctx, this.clock.now(), 1);
      return tenants.length > 0 || (await this.rating.findSettledHolds(ctx, 1)).length > 0;
    });
  }

  private async rateRound(context: OperationContext): Promise<{ charged: number; parked: number }> {
    const tenants = await this.transactions.run(context, (ctx) =>
      this.rating.findTenantsWithDue(ctx, this.clock.now(), TENANTS_PER_ROUND_MAX),
    );
    let charged = 0;
    let parked = 0;
    for (const tenantId of tenants) {
      const done = await this.rateTenant(context, tenantId);
      charged += done.charged;
      parked += done.parked;
    }
    return { charged, parked };
  }

  /** A batch at once; where the database refuses it, its records one by one, so that one bad record stops no other. */
  private async rateTenant(context: OperationContext, tenantId: TenantId) {
    const claimed: UsageRecordId[] = [];
    try {
      return await this.rateBatch(context, tenantId, null, claimed);
    } catch (error) {
      if (claimed.length === 0) throw error;
      this.logger.warn(`a batch of ${claimed.length} records was refused, now one by one: ${messageOf(error)}`);
    }
    let charged = 0;
    let parked = 0;
    for (const usageRecordId of claimed) {
      const done = await this.rateOne(context, tenantId, usageRecordId);
      charged += done.charged;
      parked += done.parked;
    }
    return { charged, parked };
  }

  private async rateOne(context: OperationContext, tenantId: TenantId, usageRecordId: UsageRecordId) {
    try {
      return await this.rateBatch(context, tenantId, usageRecordId, []);
    } catch (error) {
      const fault = { usageRecordId, problem: messageOf(error) };
      await this.transactions.run(context, (ctx) => this.park(ctx, [fault]));
      return { charged: 0, parked: 1 };
    }
  }

  private async rateBatch(
    context: OperationContext,
    tenantId: TenantId,
    usageRecordId: UsageRecordId | null,
    claimed: UsageRecordId[],
  ): Promise<{ charged: number; parked: number }> {
    const done = await this.transactions.run(context, async (ctx) => {
      const now = this.clock.now();
      const records = await this.rating.claim(ctx, { tenantId, now, limit: BATCH_RECORDS, usageRecordId });
      claimed.splice(0, claimed.length, ...records.map((record) => record.usageRecordId));
      if (records.length === 0) return { charged: 0, parked: 0 };
      const batch = await this.chargeLocked(ctx, records);
      crashPoint('charge:before-commit');
      return { charged: batch.charges.length, parked: batch.faults.length };
    });
    if (done.charged > 0) crashPoint('charge:after-commit');
    return done;
  }

  private async chargeLocked(ctx: TxContext, records: readonly ChargeableRecord[]): Promise<ChargeBatch> {
    const accounts = await this.accounts.lock(ctx, unique(records.map((record) => record.accountId)));
    const held = await this.holdStore.lock(ctx, unique(records.map((record) => record.holdId)));
    const schedules = await this.prices.findSchedules(ctx, unique(records.map((record) => record.priceScheduleId)));
    const holdRests = new Map(
      [...held].map(([id, hold]): [HoldId, Decimal] => [id, hold.amount.minus(hold.captured).minus(hold.released)]),
    );
    const batch = chargeBatch({ records, schedules, accounts, holdRests });
    await this.keepCharges(ctx, batch);
    for (const [id, change] of batch.changes) {
      const account = accounts.get(id);
      if (account) await this.balances.apply(ctx, account, change);
    }
    await this.holdStore.capture(ctx, batch.captured);
    await this.park(ctx, batch.faults);
    return batch;
  }

  private async keepCharges(ctx: TxContext, { charges }: ChargeBatch): Promise<void> {
    if (charges.length === 0) return;
    const now = this.clock.now();
    const kept = charges.map((charge): NewCharge => ({
      ...charge,
      id: this.ids.next<ChargeId>(),
      transactionId: charge.transaction.postings.length > 0 ? this.ids.next<TransactionId>() : null,
    }));
    await this.ledger.post(ctx, kept.flatMap(entryOf), now);
    await this.rating.insertCharges(ctx, kept, now);
    await this.rating.addToDays(ctx, dayIncrements(charges, this.config.billingZone));
    await this.rating.dequeue(
      ctx,
      kept.map(({ record }) => record.usageRecordId),
    );
  }

  private async park(ctx: TxContext, faults: readonly RatingFault[]): Promise<void> {
    if (faults.length === 0) return;
    for (const { usageRecordId, problem } of faults)
      this.logger.error(`usage record ${usageRecordId} cannot be rated: ${problem}`);
    await this.rating.park(ctx, faults, this.clock.now());
  }

  private async closeSettledHolds(context: OperationContext): Promise<number> {
    let closed = 0;
    for (;;) {
      const settled = await this.transactions.run(context, (ctx) =>
        this.rating.findSettledHolds(ctx, HOLDS_PER_ROUND_MAX),
      );
      const before = closed;
      for (const holdId of settled) if (await this.closeHold(context, holdId)) closed += 1;
      if (settled.length < HOLDS_PER_ROUND_MAX || closed === before) return closed;
    }
  }

  private async closeHold(context: OperationContext, holdId: HoldId): Promise<boolean> {
    try {
      return await this.transactions.run(context, (ctx) => this.holds.release(ctx, holdId));
    } catch (error) {
      this.logger.error(`hold ${holdId} cannot be released: ${messageOf(error)}`);
      return false;
    }
  }
}

function entryOf({ record, rated, transaction, transactionId }: NewCharge) {
  if (transactionId === null) return [];
  const { tenantId, jobId, segmentId, holdId } = record;
  const description = `${rated.deviceHours.toFixed()} device-hours`;
  return [{ id: transactionId, tenantId, jobId, segmentId, holdId, transaction, description }];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
