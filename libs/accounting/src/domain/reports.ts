import type { CenterId, Currency, Decimal, JobId, PoolId, ProjectId } from '#libs/kernel';

/** Days of the billing zone, `YYYY-MM-DD`: `fromDay` counts, `toDay` does not. */
export interface DaySpan {
  readonly fromDay: string;
  readonly toDay: string;
}

export const USAGE_DIMENSIONS = ['day', 'project', 'center', 'pool', 'deviceKind'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** Energy and carbon of those records of which they are known; the others are counted. */
export interface EnergySums {
  readonly facilityKwh: Decimal;
  readonly marginalFacilityKwh: Decimal;
  readonly carbonKg: Decimal;
  readonly marginalCarbonKg: Decimal;
  /** What the electricity costs the center, whoever pays it. */
  readonly electricityCost: Decimal;
  readonly marginalElectricityCost: Decimal;
  readonly records: number;
  readonly recordsWithoutEnergy: number;
  readonly recordsWithoutCarbon: number;
  readonly recordsWithoutElectricityCost: number;
}

/** The value of each dimension that was asked for, null elsewhere. */
export interface UsageGroup {
  readonly day: string | null;
  readonly projectId: ProjectId | null;
  readonly centerId: CenterId | null;
  readonly poolId: PoolId | null;
  readonly deviceKind: string | null;
}

/** One group in one currency: a report never sums across them. */
export interface UsageReportRow extends UsageGroup, EnergySums {
  readonly currency: Currency;
  /** Metered. */
  readonly deviceSeconds: number;
  /** Charged. */
  readonly deviceHours: Decimal;
  readonly centerAmount: Decimal;
  readonly feeAmount: Decimal;
  /** Passed through. */
  readonly electricityAmount: Decimal;
  readonly taxAmount: Decimal;
  readonly grossAmount: Decimal;
}

/** What a pool of a center earned and cost, in one currency, without tenants. */
export interface CenterReportRow extends EnergySums {
  readonly day: string;
  readonly centerId: CenterId;
  readonly poolId: PoolId;
  readonly currency: Currency;
  readonly deviceSeconds: number;
  readonly deviceHours: Decimal;
  /** Net revenue, with electricity that was passed through. */
  readonly revenue: Decimal;
  /** Revenue less all electricity, and less only that which the work added; null where some record's cost is unknown. */
  readonly margin: Decimal | null;
  readonly marginOverMarginal: Decimal | null;
}

/** Sums of money as a price has them. */
export interface PriceSums {
  readonly center: Decimal;
  readonly fee: Decimal;
  readonly electricity: Decimal;
  readonly tax: Decimal;
  readonly gross: Decimal;
}

/** A job's cost so far in one currency: closed and charged, and used but not yet charged. */
export interface JobCost {
  readonly jobId: JobId;
  readonly currency: Currency;
  readonly charged: PriceSums;
  readonly provisional: PriceSums;
}
