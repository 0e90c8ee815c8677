import { dec } from '#libs/kernel';
import type { Currency, JobId } from '#libs/kernel';
import type { JobCost, PriceSums } from './reports.js';

const NOTHING: PriceSums = { center: dec(0), fee: dec(0), electricity: dec(0), tax: dec(0), gross: dec(0) };

/** One part of what a job has cost. */
export interface CostPart {
  readonly jobId: JobId;
  readonly currency: Currency;
  readonly kind: 'charged' | 'provisional';
  readonly sums: PriceSums;
}

export function noCost(jobId: JobId, currency: Currency): JobCost {
  return { jobId, currency, charged: NOTHING, provisional: NOTHING };
}

/** Parts added up by job and currency. */
export function jobCosts(parts: readonly CostPart[]): Map<JobId, JobCost[]> {
  const byKey = new Map<string, JobCost>();
  for (const { jobId, currency, kind, sums } of parts) {
    const key = `${jobId} ${currency}`;
    const before = byKey.get(key) ?? noCost(jobId, currency);
    byKey.set(key, { ...before, [kind]: plus(before[kind], sums) });
  }
  const costs = new Map<JobId, JobCost[]>();
  for (const cost of byKey.values()) costs.set(cost.jobId, [...(costs.get(cost.jobId) ?? []), cost]);
  return costs;
}

function plus(a: PriceSums, b: PriceSums): PriceSums {
  return {
    center: a.center.plus(b.center),
    fee: a.fee.plus(b.fee),
    electricity: a.electricity.plus(b.electricity),
    tax: a.tax.plus(b.tax),
    gross: a.gross.plus(b.gross),
  };
}
