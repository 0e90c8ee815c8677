import { Injectable } from '@nestjs/common';
import { dec } from '#libs/kernel';
import type { CenterId, Currency, JobId, PoolId, PriceScheduleId, ProjectId } from '#libs/kernel';
import { type TxContext, query } from '#libs/platform';
import { type ChargedSum, type CommittedSum, type UnchargedRecord, UsageStore } from '../application/usage.store.js';
import type { CenterReportRow, DaySpan, EnergySums, UsageDimension, UsageReportRow } from '../domain/reports.js';
import { decimalOrNull } from './rows.js';

interface ChargedRow {
  readonly job_id: JobId;
  readonly currency: Currency;
  readonly center: string;
  readonly fee: string;
  readonly electricity: string;
  readonly tax: string;
  readonly gross: string;
}

interface UnchargedRow {
  readonly job_id: JobId;
  readonly price_schedule_id: PriceScheduleId;
  readonly billable_device_seconds: string;
  readonly electricity_cost: string | null;
  readonly electricity_currency: Currency | null;
}

interface EnergyRow {
  readonly device_seconds: string;
  readonly device_hours: string;
  readonly center_amount: string;
  readonly electricity_amount: string;
  readonly facility_kwh: string;
  readonly marginal_facility_kwh: string;
  readonly carbon_kg: string;
  readonly marginal_carbon_kg: string;
  readonly electricity_cost: string;
  readonly marginal_electricity_cost: string;
  readonly records: string;
  readonly records_without_energy: string;
  readonly records_without_carbon: string;
  readonly records_without_electricity_cost: string;
}

interface UsageRow extends EnergyRow {
  readonly day: string | null;
  readonly project_id: ProjectId | null;
  readonly center_id: CenterId | null;
  readonly pool_id: PoolId | null;
  readonly device_kind: string | null;
  readonly currency: Currency;
  readonly fee_amount: string;
  readonly tax_amount: string;
  readonly gross_amount: string;
}

interface CenterRow extends EnergyRow {
  readonly day: string;
  readonly center_id: CenterId;
  readonly pool_id: PoolId;
  readonly currency: Currency;
}

const COLUMN_OF = {
  day: 'd.day',
  project: 'd.project_id',
  center: 'd.center_id',
  pool: 'd.pool_id',
  deviceKind: 'p.device_kind',
} as const satisfies Record<UsageDimension, string>;

const SUM_COLUMNS = [
  'device_seconds',
  'device_hours',
  'center_amount',
  'fee_amount',
  'electricity_amount',
  'tax_amount',
  'gross_amount',
  'facility_kwh',
  'marginal_facility_kwh',
  'carbon_kg',
  'marginal_carbon_kg',
  'electricity_cost',
  'marginal_electricity_cost',
  'records',
  'records_without_energy',
  'records_without_carbon',
  'records_without_electricity_cost',
];

@Injectable()
export class PostgresUsageStore extends UsageStore {
  async sumCharges(ctx: TxContext, jobIds: readonly JobId[]): Promise<ChargedSum[]> {
    const found = await query<ChargedRow>(
      ctx,
      `SELECT job_id, currency, sum(center_amount) AS center, sum(fee_amount) AS fee, sum(electricity_amount) AS electricity,
         sum(tax_amount) AS tax, sum(gross_amount) AS gross
       FROM charge WHERE job_id = ANY ($1) GROUP BY job_id, currency ORDER BY job_id, currency`,
      [jobIds],
    );
    return found.map(({ job_id: jobId, currency, ...sums }) => ({
      jobId,
      currency,
      sums: {
        center: dec(sums.center),
        fee: dec(sums.fee),
        electricity: dec(sums.electricity),
        tax: dec(sums.tax),
        gross: dec(sums.gross),
      },
    }));
  }

  async sumCommitted(ctx: TxContext, jobIds: readonly JobId[]): Promise<CommittedSum[]> {
    const found = await query<{ job_id: JobId; currency: Currency; gross: string }>(
      ctx,
      `SELECT job_id, currency, sum(gross) AS gross FROM (
         SELECT job_id, currency, gross_amount AS gross FROM charge WHERE job_id = ANY ($1)
         UNION ALL SELECT job_id, currency, amount - captured - released FROM hold WHERE job_id = ANY ($1) AND closed_at IS NULL
       ) AS committed GROUP BY job_id, currency ORDER BY job_id, currency`,
      [jobIds],
    );
    return found.map((row) => ({ jobId: row.job_id, currency: row.currency, gross: dec(row.gross) }));
  }

  async findUncharged(ctx: TxContext, jobIds: readonly JobId[]): Promise<UnchargedRecord[]> {
    const found = await query<UnchargedRow>(
      ctx,
      `SELECT u.job_id, m.price_schedule_id, u.billable_device_seconds, u.electricity_cost, u.electricity_currency
       FROM usage_record u JOIN metered_attempt m ON m.attempt_id = u.attempt_id
       WHERE u.job_id = ANY ($1) AND NOT EXISTS (SELECT FROM charge c WHERE c.usage_record_id = u.id)`,
      [jobIds],
    );
    return found.map((row) => ({
      jobId: row.job_id,
      priceScheduleId: row.price_schedule_id,
      billableDeviceSeconds: Number(row.billable_device_seconds),
      electricityCost: decimalOrNull(row.electricity_cost),
      electricityCurrency: row.electricity_currency,
    }));
  }

  async reportUsage(ctx: TxContext, span: DaySpan, groupBy: readonly UsageDimension[]): Promise<UsageReportRow[]> {
    const found = await query<UsageRow>(ctx, usageReportSql(groupBy), [span.fromDay, span.toDay]);
    return found.map(fromDbUsage);
  }

  async reportCenter(ctx: TxContext, { fromDay, toDay }: DaySpan, centerId: CenterId): Promise<CenterReportRow[]> {
    const found = await query<CenterRow>(
      ctx,
      `SELECT day::text AS day, center_id, pool_id, currency, device_seconds, device_hours, center_amount, electricity_amount,
         facility_kwh, marginal_facility_kwh, carbon_kg, marginal_carbon_kg, electricity_cost, marginal_electricity_cost, records,
         records_without_energy, records_without_carbon, records_without_electricity_cost
       FROM center_usage_day WHERE center_id = $3 AND day >= $1::date AND day < $2::date ORDER BY day, pool_id, currency`,
      [fromDay, toDay, centerId],
    );
    return found.map(fromDbCenter);
  }
}

/** Built from closed lists of columns; nothing of the caller's goes into the text. */
function usageReportSql(groupBy: readonly UsageDimension[]): string {
  const shown = (dimension: UsageDimension, alias: string, type: string): string =>
    `${groupBy.includes(dimension) ? COLUMN_OF[dimension] : 'NULL'}::${type} AS ${alias}`;
  const dimensions = [
    shown('day', 'day', 'text'),
    shown('project', 'project_id', 'uuid'),
    shown('center', 'center_id', 'uuid'),
    shown('pool', 'pool_id', 'uuid'),
    shown('deviceKind', 'device_kind', 'text'),
  ];
  const keys = [...new Set(groupBy.map((dimension) => COLUMN_OF[dimension])), 'd.currency'].join(', ');
  return `SELECT ${dimensions.join(', ')}, d.currency, ${SUM_COLUMNS.map((name) => `sum(d.${name}) AS ${name}`).join(', ')}
    FROM usage_day d JOIN pool p ON p.id = d.pool_id
    WHERE d.tenant_id = yusuan_tenant() AND d.day >= $1::date AND d.day < $2::date GROUP BY ${keys} ORDER BY ${keys}`;
}

function fromDbUsage(row: UsageRow): UsageReportRow {
  return {
    day: row.day,
    projectId: row.project_id,
    centerId: row.center_id,
    poolId: row.pool_id,
    deviceKind: row.device_kind,
    currency: row.currency,
    deviceSeconds: Number(row.device_seconds),
    deviceHours: dec(row.device_hours),
    centerAmount: dec(row.center_amount),
    feeAmount: dec(row.fee_amount),
    electricityAmount: dec(row.electricity_amount),
    taxAmount: dec(row.tax_amount),
    grossAmount: dec(row.gross_amount),
    ...fromDbEnergy(row),
  };
}

function fromDbCenter(row: CenterRow): CenterReportRow {
  const revenue = dec(row.center_amount).plus(row.electricity_amount);
  const energy = fromDbEnergy(row);
  const isKnown = energy.recordsWithoutElectricityCost === 0;
  return {
    day: row.day,
    centerId: row.center_id,
    poolId: row.pool_id,
    currency: row.currency,
    deviceSeconds: Number(row.device_seconds),
    deviceHours: dec(row.device_hours),
    revenue,
    margin: isKnown ? revenue.minus(energy.electricityCost) : null,
    marginOverMarginal: isKnown ? revenue.minus(energy.marginalElectricityCost) : null,
    ...energy,
  };
}

function fromDbEnergy(row: EnergyRow): EnergySums {
  return {
    facilityKwh: dec(row.facility_kwh),
    marginalFacilityKwh: dec(row.marginal_facility_kwh),
    carbonKg: dec(row.carbon_kg),
    marginalCarbonKg: dec(row.marginal_carbon_kg),
    electricityCost: dec(row.electricity_cost),
    marginalElectricityCost: dec(row.marginal_electricity_cost),
    records: Number(row.records),
    recordsWithoutEnergy: Number(row.records_without_energy),
    recordsWithoutCarbon: Number(row.records_without_carbon),
    recordsWithoutElectricityCost: Number(row.records_without_electricity_cost),
  };
}
