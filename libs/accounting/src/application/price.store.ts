import type { Decimal, OfferId, PriceScheduleId, TenantId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { PriceSchedule } from '#libs/pricing';

export interface NewPriceSchedule {
  readonly id: PriceScheduleId;
  readonly tenantId: TenantId;
  readonly offerId: OfferId;
  readonly schedule: PriceSchedule;
}

export interface FeeAndTax {
  /** Of the center's price: 8 is 8 %. */
  readonly feePercent: Decimal;
  /** A fraction: 0.06 is 6 %. */
  readonly taxRate: Decimal;
}

export abstract class PriceStore {
  /** The newest rows in force at `at`; null where either has none. */
  abstract findFeeAndTax(
    ctx: TxContext,
    codes: { readonly feePlan: string; readonly taxCode: string; readonly at: Date },
  ): Promise<FeeAndTax | null>;
  abstract insert(ctx: TxContext, schedule: NewPriceSchedule, at: Date): Promise<void>;
  abstract findSchedules(
    ctx: TxContext,
    ids: readonly PriceScheduleId[],
  ): Promise<ReadonlyMap<PriceScheduleId, PriceSchedule>>;
}
