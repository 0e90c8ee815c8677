import { Injectable } from '@nestjs/common';
import { dec, fromEpochSeconds, type JobId, type TenantId, toEpochSeconds } from '#libs/kernel';
import { execute, query, type TxContext } from '#libs/platform';
import type { PlannedSegment, Reason } from '#libs/planner';
import { ForecastStore, type JobForecast } from '../application/forecast.store.js';

interface ForecastRow {
  readonly job_id: JobId;
  readonly tenant_id: TenantId;
  readonly starts_at: Date | null;
  readonly finishes_at: Date | null;
  readonly cost: string | null;
  readonly currency: string;
  readonly segments: readonly (Omit<PlannedSegment, 'cost'> & { readonly cost: string })[];
  readonly reasons: readonly Reason[];
  readonly planned_at: Date;
}

const COLUMNS = 'job_id, tenant_id, starts_at, finishes_at, cost, currency, segments, reasons, planned_at';

@Injectable()
export class PostgresForecastStore extends ForecastStore {
  async findForecasts(ctx: TxContext, jobIds: readonly JobId[]): Promise<JobForecast[]> {
    const rows = await query<ForecastRow>(ctx, `SELECT ${COLUMNS} FROM forecast WHERE job_id = ANY ($1)`, [jobIds]);
    return rows.map(fromDbForecast);
  }

  async allForecasts(ctx: TxContext): Promise<JobForecast[]> {
    return (await query<ForecastRow>(ctx, `SELECT ${COLUMNS} FROM forecast`)).map(fromDbForecast);
  }

  async forecastJobIds(ctx: TxContext): Promise<JobId[]> {
    return (await query<{ job_id: JobId }>(ctx, 'SELECT job_id FROM forecast')).map((row) => row.job_id);
  }

  async saveForecasts(ctx: TxContext, forecasts: readonly JobForecast[]): Promise<void> {
    if (forecasts.length === 0) return;
    await query(
      ctx,
      `INSERT INTO forecast (${COLUMNS})
       SELECT * FROM jsonb_to_recordset($1) AS f(job_id uuid, tenant_id uuid, starts_at timestamptz, finishes_at timestamptz,
         cost numeric, currency text, segments jsonb, reasons jsonb, planned_at timestamptz)
       ON CONFLICT (job_id) DO UPDATE SET starts_at = excluded.starts_at, finishes_at = excluded.finishes_at, cost = excluded.cost,
         currency = excluded.currency, segments = excluded.segments, reasons = excluded.reasons, planned_at = excluded.planned_at`,
      [JSON.stringify(forecasts.map(toDbForecast))],
    );
  }

  async deleteForecasts(ctx: TxContext, jobIds: readonly JobId[]): Promise<void> {
    if (jobIds.length > 0) await execute(ctx, 'DELETE FROM forecast WHERE job_id = ANY ($1)', [jobIds]);
  }
}

function fromDbForecast(row: ForecastRow): JobForecast {
  return {
    jobId: row.job_id,
    tenantId: row.tenant_id,
    startsAt: row.starts_at && toEpochSeconds(row.starts_at),
    finishesAt: row.finishes_at && toEpochSeconds(row.finishes_at),
    cost: row.cost === null ? null : dec(row.cost),
    currency: row.currency,
    segments: row.segments.map((segment) => ({ ...segment, cost: dec(segment.cost) })),
    reasons: row.reasons,
    plannedAt: toEpochSeconds(row.planned_at),
  };
}

function toDbForecast(forecast: JobForecast): Record<string, unknown> {
  return {
    job_id: forecast.jobId,
    tenant_id: forecast.tenantId,
    starts_at: forecast.startsAt === null ? null : fromEpochSeconds(forecast.startsAt),
    finishes_at: forecast.finishesAt === null ? null : fromEpochSeconds(forecast.finishesAt),
    cost: forecast.cost?.toFixed() ?? null,
    currency: forecast.currency,
    segments: forecast.segments.map((segment) => ({ ...segment, cost: segment.cost.toFixed() })),
    reasons: forecast.reasons,
    planned_at: fromEpochSeconds(forecast.plannedAt),
  };
}
