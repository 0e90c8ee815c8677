import type { CenterId, Decimal, EpochSeconds, Interval, Money, OfferId, PoolId, TenantId } from '#libs/kernel';

export const GUARANTEES = ['reservation', 'preemptible', 'bestEffort'] as const;
export type Guarantee = (typeof GUARANTEES)[number];

export const ELECTRICITY_TERMS = ['included', 'passThrough'] as const;
export type ElectricityTerms = (typeof ELECTRICITY_TERMS)[number];

export const OFFER_STATES = ['open', 'withdrawn'] as const;
export type OfferState = (typeof OFFER_STATES)[number];

export interface Recurrence {
  /** RFC 5545. */
  readonly rrule: string;
  /** Days of the center's zone, `YYYY-MM-DD`, on which nothing is offered. */
  readonly exceptDates: readonly string[];
}

/** What a segment in one of the offer's windows is sold under. */
export interface OfferTerms {
  readonly offerId: OfferId;
  readonly poolId: PoolId;
  readonly centerId: CenterId;
  /** The center's net price of one device for an hour, at most 4 decimals. */
  readonly pricePerDeviceHour: Money;
  readonly electricity: ElectricityTerms;
  readonly noticeSeconds: number;
  readonly reclaimCreditPercent: Decimal;
  readonly failureCreditMaxHours: Decimal;
  readonly minSegmentSeconds: number;
  readonly guarantee: Guarantee;
  /** Empty: everybody. */
  readonly tenantsAllowed: readonly TenantId[];
}

/** Nodes of a pool that its center can spare, once or recurring. */
export interface Offer extends Interval, Omit<OfferTerms, 'offerId'> {
  readonly id: OfferId;
  readonly nodes: number;
  readonly recurrence: Recurrence | null;
  readonly state: OfferState;
  readonly version: number;
  readonly createdAt: EpochSeconds;
}

/** An offer as its operator asks for it; `interval` is the first occurrence. */
export interface CreateOfferInput extends Omit<OfferTerms, 'offerId' | 'centerId'> {
  readonly nodes: number;
  readonly interval: Interval;
  readonly recurrence: Recurrence | null;
}
