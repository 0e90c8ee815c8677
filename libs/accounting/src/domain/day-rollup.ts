import { dec, sumDecimals } from '#libs/kernel';
import type { CenterId, Currency, Decimal, PoolId, ProjectId, TenantId } from '#libs/kernel';
import { billingDay } from './billing-day.js';
import type { Charge, ChargeableRecord } from './charge-batch.js';

/** What charges add to one row of the day rollup. */
export interface DayIncrement {
  readonly day: string;
  readonly tenantId: TenantId;
  readonly projectId: ProjectId;
  readonly poolId: PoolId;
  readonly centerId: CenterId;
  readonly currency: Currency;
  /** Metered, also beyond the time limit. */
  readonly deviceSeconds: number;
  /** Charged. */
  readonly deviceHours: Decimal;
  readonly centerAmount: Decimal;
  readonly feeAmount: Decimal;
  readonly electricityAmount: Decimal;
  readonly taxAmount: Decimal;
  readonly grossAmount: Decimal;
  readonly facilityKwh: Decimal;
  readonly marginalFacilityKwh: Decimal;
  readonly carbonKg: Decimal;
  readonly marginalCarbonKg: Decimal;
  readonly electricityCost: Decimal;
  readonly marginalElectricityCost: Decimal;
  readonly records: number;
  readonly recordsWithoutEnergy: number;
  readonly recordsWithoutCarbon: number;
  readonly recordsWithoutElectricityCost: number;
}

type Pair = readonly [total: Decimal | null, marginal: Decimal | null];

/** Charges summed by day of the billing zone, tenant, project, pool and currency, in the order of these keys. */
export function dayIncrements(charges: readonly Charge[], billingZone: string): DayIncrement[] {
  const groups = new Map<string, Charge[]>();
  for (const charge of charges) {
    const { record, rated } = charge;
    const day = billingDay(record.startsAt, billingZone);
    const key = [day, record.tenantId, record.projectId, record.poolId, rated.currency].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), charge]);
  }
  const inOrder = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.map(([key, group]) => incrementOf(key.slice(0, 10), group));
}

function incrementOf(day: string, charges: readonly Charge[]): DayIncrement {
  const { record, rated } = charges[0]!;
  const { tenantId, projectId, poolId, centerId } = record;
  return {
    day,
    tenantId,
    projectId,
    poolId,
    centerId,
    currency: rated.currency,
    ...moneyOf(charges),
    ...energyOf(charges),
  };
}

function moneyOf(charges: readonly Charge[]) {
  const total = (pick: (charge: Charge) => Decimal): Decimal => sumDecimals(charges.map(pick));
  return {
    deviceSeconds: charges.reduce((sum, { record }) => sum + record.deviceSeconds, 0),
    deviceHours: total(({ rated }) => rated.deviceHours),
    centerAmount: total(({ rated }) => rated.center),
    feeAmount: total(({ rated }) => rated.fee),
    electricityAmount: total(({ rated }) => rated.electricity),
    taxAmount: total(({ rated }) => rated.tax),
    grossAmount: total(({ rated }) => rated.gross),
    records: charges.length,
  };
}

function energyOf(charges: readonly Charge[]) {
  const energy = sumPairs(charges.map(({ record }) => [record.facilityKwh, record.marginalFacilityKwh]));
  const carbon = sumPairs(charges.map(({ record }) => [record.carbonKg, record.marginalCarbonKg]));
  const cost = sumPairs(charges.map(({ record, rated }) => electricityIn(record, rated.currency)));
  return {
    facilityKwh: energy.total,
    marginalFacilityKwh: energy.marginal,
    recordsWithoutEnergy: energy.unknown,
    carbonKg: carbon.total,
    marginalCarbonKg: carbon.marginal,
    recordsWithoutCarbon: carbon.unknown,
    electricityCost: cost.total,
    marginalElectricityCost: cost.marginal,
    recordsWithoutElectricityCost: cost.unknown,
  };
}

function electricityIn(record: ChargeableRecord, currency: Currency): Pair {
  if (record.electricityCurrency !== currency) return [null, null];
  return [record.electricityCost, record.marginalElectricityCost];
}

/** A pair with an unknown is counted and summed nowhere, so that total and marginal are of the same records. */
function sumPairs(pairs: readonly Pair[]): { total: Decimal; marginal: Decimal; unknown: number } {
  let total = dec(0);
  let marginal = dec(0);
  let unknown = 0;
  for (const [one, other] of pairs) {
    if (one === null || other === null) unknown += 1;
    else {
      total = total.plus(one);
      marginal = marginal.plus(other);
    }
  }
  return { total, marginal, unknown };
}
