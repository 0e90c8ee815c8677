import type { CenterReportRow, EnergySums, UsageReportRow } from '#libs/accounting';
import type { CenterReport, UsageRow } from '#libs/contracts';
import { type CenterId, dec, Decimal, HOUR_SECONDS, type ProjectId, roundHalfEven, sumDecimals } from '#libs/kernel';
import { toApiDecimal, toApiMoney, toApiMoneyOrNull } from '../wire/money.js';

const HOURS_DECIMALS = 8;

/** Codes of what a report groups by. */
export interface ReportNames {
  readonly projects: ReadonlyMap<ProjectId, { readonly code: string }>;
  readonly centers: ReadonlyMap<CenterId, { readonly code: string }>;
}

export function toApiUsageRow(row: UsageReportRow, dimensions: readonly string[], names: ReportNames): UsageRow {
  const { currency } = row;
  return {
    ...dimensionsOf(row, dimensions, names),
    deviceSeconds: row.deviceSeconds,
    deviceHours: toApiDecimal(row.deviceHours),
    net: toApiMoney(row.centerAmount.plus(row.electricityAmount), currency),
    fee: toApiMoney(row.feeAmount, currency),
    tax: toApiMoney(row.taxAmount, currency),
    gross: toApiMoney(row.grossAmount, currency),
    records: row.records,
    ...energyOf([row]),
  };
}

function dimensionsOf(row: UsageReportRow, dimensions: readonly string[], names: ReportNames): Partial<UsageRow> {
  const all: Partial<UsageRow> = {
    project: row.projectId ? (names.projects.get(row.projectId)?.code ?? row.projectId) : undefined,
    center: row.centerId ? (names.centers.get(row.centerId)?.code ?? row.centerId) : undefined,
    pool: row.poolId ?? undefined,
    deviceKind: row.deviceKind,
    day: row.day ?? undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => dimensions.includes(name)));
}

function energyOf(rows: readonly EnergySums[]) {
  const sum = (of: (row: EnergySums) => Decimal) => toApiDecimal(sumDecimals(rows.map(of)));
  return {
    facilityKwh: sum((row) => row.facilityKwh),
    marginalFacilityKwh: sum((row) => row.marginalFacilityKwh),
    carbonKg: sum((row) => row.carbonKg),
    marginalCarbonKg: sum((row) => row.marginalCarbonKg),
    recordsWithoutEnergy: rows.reduce((total, row) => total + row.recordsWithoutEnergy, 0),
    recordsWithoutCarbon: rows.reduce((total, row) => total + row.recordsWithoutCarbon, 0),
  };
}

/** What of the center's offered device-seconds was used, and for how much, in each currency. */
export function toApiCenterFigures(
  rows: readonly CenterReportRow[],
  offeredDeviceSeconds: number,
): Omit<CenterReport, 'center' | 'from' | 'to' | 'zone'> {
  const usedDeviceSeconds = rows.reduce((total, row) => total + row.deviceSeconds, 0);
  const byCurrency = [...new Set(rows.map((row) => row.currency))].sort().map((currency) => ({
    currency,
    rows: rows.filter((row) => row.currency === currency),
  }));
  return {
    offeredDeviceHours: hoursOf(offeredDeviceSeconds),
    usedDeviceHours: hoursOf(usedDeviceSeconds),
    idleRecoveredPercent: percentOf(usedDeviceSeconds, offeredDeviceSeconds),
    revenue: byCurrency.map((each) => toApiMoney(sumDecimals(each.rows.map((row) => row.revenue)), each.currency)),
    electricity: byCurrency.map((each) => ({
      total: toApiMoney(sumDecimals(each.rows.map((row) => row.electricityCost)), each.currency),
      marginal: toApiMoney(sumDecimals(each.rows.map((row) => row.marginalElectricityCost)), each.currency),
    })),
    margin: byCurrency.map((each) => ({
      afterTotal: toApiMoneyOrNull(sumKnown(each.rows.map((row) => row.margin)), each.currency),
      afterMarginal: toApiMoneyOrNull(sumKnown(each.rows.map((row) => row.marginOverMarginal)), each.currency),
    })),
    ...energyOf(rows),
  };
}

function hoursOf(seconds: number): string {
  return toApiDecimal(roundHalfEven(dec(seconds).div(HOUR_SECONDS), HOURS_DECIMALS));
}

function percentOf(part: number, whole: number): string | null {
  return whole === 0 ? null : roundHalfEven(dec(part).times(100).div(whole), 2).toFixed(2);
}

function sumKnown(values: readonly (Decimal | null)[]): Decimal | null {
  const known = values.filter((value) => value !== null);
  return known.length < values.length ? null : sumDecimals(known);
}
