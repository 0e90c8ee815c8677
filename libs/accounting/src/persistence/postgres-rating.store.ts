import { Injectable } from '@nestjs/common';
import { dec, toEpochSeconds } from '#libs/kernel';
import type {
  AccountId,
  CenterId,
  Currency,
  HoldId,
  JobId,
  PoolId,
  PriceScheduleId,
  ProjectId,
  SegmentId,
  TenantId,
  UsageRecordId,
} from '#libs/kernel';
import { type TxContext, execute, query } from '#libs/platform';
import { type ClaimRecords, type NewCharge, RatingStore } from '../application/rating.store.js';
import type { ChargeableRecord, RatingFault } from '../domain/charge-batch.js';
import type { DayIncrement } from '../domain/day-rollup.js';
import { decimalOrNull, rows } from './rows.js';

interface RecordRow {
  readonly id: UsageRecordId;
  readonly tenant_id: TenantId;
  readonly project_id: ProjectId;
  readonly job_id: JobId;
  readonly segment_id: SegmentId;
  readonly center_id: CenterId;
  readonly pool_id: PoolId;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly device_seconds: string;
  readonly billable_device_seconds: string;
  readonly facility_kwh: string | null;
  readonly marginal_facility_kwh: string | null;
  readonly carbon_kg: string | null;
  readonly marginal_carbon_kg: string | null;
  readonly electricity_cost: string | null;
  readonly marginal_electricity_cost: string | null;
  readonly electricity_currency: Currency | null;
  readonly price_schedule_id: PriceScheduleId;
  readonly hold_id: HoldId;
  readonly account_id: AccountId;
}

const CLAIM = `
  SELECT u.id, u.tenant_id, u.project_id, u.job_id, u.segment_id, u.center_id, u.pool_id, u.starts_at, u.ends_at, u.device_seconds,
    u.billable_device_seconds, u.facility_kwh, u.marginal_facility_kwh, u.carbon_kg, u.marginal_carbon_kg, u.electricity_cost,
    u.marginal_electricity_cost, u.electricity_currency, m.price_schedule_id, m.hold_id, h.account_id
  FROM rating_queue q JOIN usage_record u ON u.id = q.usage_record_id
    JOIN metered_attempt m ON m.attempt_id = u.attempt_id JOIN hold h ON h.id = m.hold_id
  WHERE u.tenant_id = $1 AND q.retry_at <= $2 AND ($4::uuid IS NULL OR q.usage_record_id = $4)
  ORDER BY q.usage_record_id LIMIT $3 FOR UPDATE OF q SKIP LOCKED`;

const INSERT_CHARGES = `
  INSERT INTO charge (id, tenant_id, job_id, segment_id, center_id, usage_record_id, price_schedule_id, transaction_id, currency,
    device_hours, center_amount, fee_amount, electricity_amount, tax_amount, gross_amount, charged_at)
  SELECT id, tenant_id, job_id, segment_id, center_id, usage_record_id, price_schedule_id, transaction_id, currency,
    device_hours, center_amount, fee_amount, electricity_amount, tax_amount, gross_amount, $2
  FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, tenant_id uuid, job_id uuid, segment_id uuid, center_id uuid, usage_record_id uuid,
    price_schedule_id uuid, transaction_id uuid, currency text, device_hours numeric, center_amount numeric, fee_amount numeric,
    electricity_amount numeric, tax_amount numeric, gross_amount numeric)`;

const KEYS = {
  day: 'date',
  tenant_id: 'uuid',
  project_id: 'uuid',
  pool_id: 'uuid',
  center_id: 'uuid',
  currency: 'text',
};

/** Column of usage_day -> what an increment adds to it. */
const SUMS = {
  device_seconds: 'deviceSeconds',
  device_hours: 'deviceHours',
  center_amount: 'centerAmount',
  fee_amount: 'feeAmount',
  electricity_amount: 'electricityAmount',
  tax_amount: 'taxAmount',
  gross_amount: 'grossAmount',
  facility_kwh: 'facilityKwh',
  marginal_facility_kwh: 'marginalFacilityKwh',
  carbon_kg: 'carbonKg',
  marginal_carbon_kg: 'marginalCarbonKg',
  electricity_cost: 'electricityCost',
  marginal_electricity_cost: 'marginalElectricityCost',
  records: 'records',
  records_without_energy: 'recordsWithoutEnergy',
  records_without_carbon: 'recordsWithoutCarbon',
  records_without_electricity_cost: 'recordsWithoutElectricityCost',
} as const satisfies Record<string, keyof DayIncrement>;
const SUM_COLUMNS = Object.keys(SUMS) as (keyof typeof SUMS)[];

const ADD_TO_DAYS = `
  INSERT INTO usage_day (${[...Object.keys(KEYS), ...SUM_COLUMNS].join(', ')})
  SELECT ${[...Object.keys(KEYS), ...SUM_COLUMNS].join(', ')} FROM jsonb_to_recordset($1::jsonb)
    AS d (${Object.entries(KEYS)
      .map((pair) => pair.join(' '))
      .join(', ')}, ${SUM_COLUMNS.map((name) => `${name} numeric`).join(', ')})
  ON CONFLICT (day, tenant_id, project_id, pool_id, currency)
    DO UPDATE SET ${SUM_COLUMNS.map((name) => `${name} = usage_day.${name} + excluded.${name}`).join(', ')}`;

const RETRY_AFTER_MAX = `interval '1 hour'`;

const SETTLED_HOLDS = `
  SELECT h.id FROM hold h WHERE h.closed_at IS NULL
    AND EXISTS (SELECT FROM metered_attempt m WHERE m.hold_id = h.id)
    AND NOT EXISTS (SELECT FROM metered_attempt m WHERE m.hold_id = h.id AND (m.closed_at IS NULL
      OR EXISTS (SELECT FROM usage_record u JOIN rating_queue q ON q.usage_record_id = u.id WHERE u.attempt_id = m.attempt_id)))
  ORDER BY h.id LIMIT $1`;

@Injectable()
export class PostgresRatingStore extends RatingStore {
  async findTenantsWithDue(ctx: TxContext, now: Date, limit: number): Promise<TenantId[]> {
    const found = await query<{ tenant_id: TenantId }>(
      ctx,
      `SELECT DISTINCT u.tenant_id FROM rating_queue q JOIN usage_record u ON u.id = q.usage_record_id
       WHERE q.retry_at <= $1 ORDER BY u.tenant_id LIMIT $2`,
      [now, limit],
    );
    return found.map((row) => row.tenant_id);
  }

  async claim(ctx: TxContext, { tenantId, now, limit, usageRecordId }: ClaimRecords): Promise<ChargeableRecord[]> {
    const found = await query<RecordRow>(ctx, CLAIM, [tenantId, now, limit, usageRecordId]);
    return found.map(fromDbRecord);
  }

  async insertCharges(ctx: TxContext, charges: readonly NewCharge[], at: Date): Promise<void> {
    await query(ctx, INSERT_CHARGES, [rows(charges.map(toDbCharge)), at]);
  }

  async addToDays(ctx: TxContext, increments: readonly DayIncrement[]): Promise<void> {
    await query(ctx, ADD_TO_DAYS, [rows(increments.map(toDbDay))]);
  }

  async dequeue(ctx: TxContext, ids: readonly UsageRecordId[]): Promise<void> {
    await execute(ctx, 'DELETE FROM rating_queue WHERE usage_record_id = ANY ($1)', [ids]);
  }

  async park(ctx: TxContext, faults: readonly RatingFault[], now: Date): Promise<void> {
    await execute(
      ctx,
      `UPDATE rating_queue q SET failures = failures + 1, problem = f.problem,
         retry_at = $2::timestamptz + least(${RETRY_AFTER_MAX}, interval '1 second' * 2 ^ least(failures, 20))
       FROM jsonb_to_recordset($1::jsonb) AS f ("usageRecordId" uuid, problem text) WHERE q.usage_record_id = f."usageRecordId"`,
      [JSON.stringify(faults), now],
    );
  }

  async findSettledHolds(ctx: TxContext, limit: number): Promise<HoldId[]> {
    return (await query<{ id: HoldId }>(ctx, SETTLED_HOLDS, [limit])).map((row) => row.id);
  }
}

function fromDbRecord(row: RecordRow): ChargeableRecord {
  return {
    usageRecordId: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    jobId: row.job_id,
    segmentId: row.segment_id,
    centerId: row.center_id,
    poolId: row.pool_id,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
    deviceSeconds: Number(row.device_seconds),
    billableDeviceSeconds: Number(row.billable_device_seconds),
    facilityKwh: decimalOrNull(row.facility_kwh),
    marginalFacilityKwh: decimalOrNull(row.marginal_facility_kwh),
    carbonKg: decimalOrNull(row.carbon_kg),
    marginalCarbonKg: decimalOrNull(row.marginal_carbon_kg),
    electricityCost: decimalOrNull(row.electricity_cost),
    marginalElectricityCost: decimalOrNull(row.marginal_electricity_cost),
    electricityCurrency: row.electricity_currency,
    priceScheduleId: row.price_schedule_id,
    holdId: row.hold_id,
    accountId: row.account_id,
  };
}

function toDbCharge({ id, transactionId, record, rated }: NewCharge) {
  return {
    id,
    tenant_id: record.tenantId,
    job_id: record.jobId,
    segment_id: record.segmentId,
    center_id: record.centerId,
    usage_record_id: record.usageRecordId,
    price_schedule_id: record.priceScheduleId,
    transaction_id: transactionId,
    currency: rated.currency,
    device_hours: rated.deviceHours.toFixed(),
    center_amount: rated.center.toFixed(),
    fee_amount: rated.fee.toFixed(),
    electricity_amount: rated.electricity.toFixed(),
    tax_amount: rated.tax.toFixed(),
    gross_amount: rated.gross.toFixed(),
  };
}

function toDbDay(increment: DayIncrement) {
  const sums = SUM_COLUMNS.map((column) => [column, dec(increment[SUMS[column]]).toFixed()]);
  return {
    day: increment.day,
    tenant_id: increment.tenantId,
    project_id: increment.projectId,
    pool_id: increment.poolId,
    center_id: increment.centerId,
    currency: increment.currency,
    ...(Object.fromEntries(sums) as Record<string, string>),
  };
}
