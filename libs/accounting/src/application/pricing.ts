import { Injectable } from '@nestjs/common';
import type { Money, OfferId, PriceScheduleId, TenantId } from '#libs/kernel';
import { Clock, IdSource, type TxContext } from '#libs/platform';
import { type ElectricityMode, type PriceSchedule, lockSchedule } from '#libs/pricing';
import { AccountingError } from '../domain/accounting.errors.js';
import { PriceStore } from './price.store.js';

const FEE_PLAN = 'standard';
const TAX_CODE = 'cn-vat-modern-services';

/** What an offer says of its price: without fee and tax. */
export interface OfferPrice {
  readonly perDeviceHour: Money;
  readonly electricity: ElectricityMode;
}

export interface LockPriceInput extends OfferPrice {
  readonly tenantId: TenantId;
  readonly offerId: OfferId;
}

/** Price schedules: the offer's price, the fee plan and tax in force now, fixed for one segment. */
@Injectable()
export class Pricing {
  constructor(
    private readonly prices: PriceStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {}

  /** The schedule that `lockSchedule` would lock now; nothing is written. @throws AccountingError `price-not-found` */
  async previewSchedule(ctx: TxContext, price: OfferPrice): Promise<PriceSchedule> {
    return lockSchedule({
      centerPerDeviceHour: price.perDeviceHour,
      electricity: price.electricity,
      taxCode: TAX_CODE,
      ...(await this.feeAndTax(ctx)),
    });
  }

  /** The same for many offers, with the fee plan read once. */
  async previewSchedules<Key>(
    ctx: TxContext,
    prices: ReadonlyMap<Key, OfferPrice>,
  ): Promise<ReadonlyMap<Key, PriceSchedule>> {
    const feeAndTax = await this.feeAndTax(ctx);
    const lock = ({ perDeviceHour, electricity }: OfferPrice): PriceSchedule =>
      lockSchedule({ centerPerDeviceHour: perDeviceHour, electricity, taxCode: TAX_CODE, ...feeAndTax });
    return new Map([...prices].map(([key, price]) => [key, lock(price)]));
  }

  /** Fixes the price for a segment: later changes of fee, tax or offer don't reach it. @throws AccountingError `price-not-found` */
  async lockSchedule(ctx: TxContext, input: LockPriceInput): Promise<PriceScheduleId> {
    const { tenantId, offerId } = input;
    const id = this.ids.next<PriceScheduleId>();
    const schedule = await this.previewSchedule(ctx, input);
    await this.prices.insert(ctx, { id, tenantId, offerId, schedule }, this.clock.now());
    return id;
  }

  private async feeAndTax(ctx: TxContext) {
    const found = await this.prices.findFeeAndTax(ctx, { feePlan: FEE_PLAN, taxCode: TAX_CODE, at: this.clock.now() });
    if (!found)
      throw new AccountingError('price-not-found', `no fee plan '${FEE_PLAN}' or tax code '${TAX_CODE}' is in force`);
    return found;
  }
}
