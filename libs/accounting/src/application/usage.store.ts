import type { CenterId, Currency, Decimal, JobId, PriceScheduleId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { CenterReportRow, DaySpan, PriceSums, UsageDimension, UsageReportRow } from '../domain/reports.js';

export interface ChargedSum {
  readonly jobId: JobId;
  readonly currency: Currency;
  readonly sums: PriceSums;
}

export interface CommittedSum {
  readonly jobId: JobId;
  readonly currency: Currency;
  readonly gross: Decimal;
}

/** A closed record that is not charged yet. */
export interface UnchargedRecord {
  readonly jobId: JobId;
  readonly priceScheduleId: PriceScheduleId;
  readonly billableDeviceSeconds: number;
  readonly electricityCost: Decimal | null;
  readonly electricityCurrency: Currency | null;
}

/** Reads only: what was used and charged. */
export abstract class UsageStore {
  abstract sumCharges(ctx: TxContext, jobIds: readonly JobId[]): Promise<ChargedSum[]>;
  /** Charged, and what is left of open holds. */
  abstract sumCommitted(ctx: TxContext, jobIds: readonly JobId[]): Promise<CommittedSum[]>;
  abstract findUncharged(ctx: TxContext, jobIds: readonly JobId[]): Promise<UnchargedRecord[]>;
  /** From the day rollup, of the tenant in scope. */
  abstract reportUsage(ctx: TxContext, span: DaySpan, groupBy: readonly UsageDimension[]): Promise<UsageReportRow[]>;
  /** Of a center in scope. */
  abstract reportCenter(ctx: TxContext, span: DaySpan, centerId: CenterId): Promise<CenterReportRow[]>;
}
