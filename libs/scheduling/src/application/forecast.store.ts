import type { Currency, Decimal, EpochSeconds, JobId, TenantId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { PlannedSegment, Reason } from '#libs/planner';

/** What the newest plan says of a waiting job: no promise, overwritten, no event. */
export interface JobForecast {
  readonly jobId: JobId;
  readonly tenantId: TenantId;
  /** Null where the plan has no place for it; the reasons say why. */
  readonly startsAt: EpochSeconds | null;
  /** Null also where its chain goes on beyond the horizon. */
  readonly finishesAt: EpochSeconds | null;
  readonly cost: Decimal | null;
  readonly currency: Currency;
  readonly segments: readonly PlannedSegment[];
  readonly reasons: readonly Reason[];
  readonly plannedAt: EpochSeconds;
}

export abstract class ForecastStore {
  abstract findForecasts(ctx: TxContext, jobIds: readonly JobId[]): Promise<readonly JobForecast[]>;
  abstract allForecasts(ctx: TxContext): Promise<readonly JobForecast[]>;
  /** Of which jobs something is forecast. */
  abstract forecastJobIds(ctx: TxContext): Promise<readonly JobId[]>;
  /** Inserts or overwrites, in one statement. */
  abstract saveForecasts(ctx: TxContext, forecasts: readonly JobForecast[]): Promise<void>;
  abstract deleteForecasts(ctx: TxContext, jobIds: readonly JobId[]): Promise<void>;
}
