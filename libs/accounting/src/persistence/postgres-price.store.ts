import { Injectable } from '@nestjs/common';
import { dec } from '#libs/kernel';
import type { Currency, PriceScheduleId } from '#libs/kernel';
import { type TxContext, query } from '#libs/platform';
import type { ElectricityMode, PriceSchedule } from '#libs/pricing';
import { type FeeAndTax, type NewPriceSchedule, PriceStore } from '../application/price.store.js';

interface ScheduleRow {
  readonly id: PriceScheduleId;
  readonly currency: Currency;
  readonly center_per_device_hour: string;
  readonly fee_percent: string;
  readonly fee_per_device_hour: string;
  readonly tax_code: string;
  readonly tax_rate: string;
  readonly electricity: ElectricityMode;
}

@Injectable()
export class PostgresPriceStore extends PriceStore {
  async findFeeAndTax(
    ctx: TxContext,
    { feePlan, taxCode, at }: { feePlan: string; taxCode: string; at: Date },
  ): Promise<FeeAndTax | null> {
    const [row] = await query<{ percent: string | null; rate: string | null }>(
      ctx,
      `SELECT (SELECT percent FROM fee_plan WHERE code = $1 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1) AS percent,
              (SELECT rate FROM tax_code WHERE code = $2 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1) AS rate`,
      [feePlan, taxCode, at],
    );
    if (!row || row.percent === null || row.rate === null) return null;
    return { feePercent: dec(row.percent), taxRate: dec(row.rate) };
  }

  async insert(ctx: TxContext, { id, tenantId, offerId, schedule }: NewPriceSchedule, at: Date): Promise<void> {
    await query(
      ctx,
      `INSERT INTO price_schedule (id, tenant_id, offer_id, currency, center_per_device_hour, fee_percent, fee_per_device_hour,
         tax_code, tax_rate, electricity, locked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        id,
        tenantId,
        offerId,
        schedule.currency,
        schedule.centerPerDeviceHour.toFixed(),
        schedule.feePercent.toFixed(),
        schedule.feePerDeviceHour.toFixed(),
        schedule.taxCode,
        schedule.taxRate.toFixed(),
        schedule.electricity,
        at,
      ],
    );
  }

  async findSchedules(
    ctx: TxContext,
    ids: readonly PriceScheduleId[],
  ): Promise<ReadonlyMap<PriceScheduleId, PriceSchedule>> {
    const found = await query<ScheduleRow>(
      ctx,
      `SELECT id, currency, center_per_device_hour, fee_percent, fee_per_device_hour, tax_code, tax_rate, electricity
       FROM price_schedule WHERE id = ANY ($1)`,
      [ids],
    );
    return new Map(found.map((row) => [row.id, fromDbSchedule(row)]));
  }
}

function fromDbSchedule(row: ScheduleRow): PriceSchedule {
  return {
    currency: row.currency,
    centerPerDeviceHour: dec(row.center_per_device_hour),
    feePercent: dec(row.fee_percent),
    feePerDeviceHour: dec(row.fee_per_device_hour),
    taxCode: row.tax_code,
    taxRate: dec(row.tax_rate),
    electricity: row.electricity,
  };
}
