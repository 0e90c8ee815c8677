import {
  type CenterId,
  dec,
  Money,
  type OfferId,
  type PoolId,
  type SegmentId,
  type TenantId,
  toEpochSeconds,
  type WindowId,
} from '#libs/kernel';
import type { LockedPool, LockedWindow, WindowFacts } from '../application/supply.store.js';
import type { Commitment, SegmentCommitment } from '../domain/commitment.js';
import type { ElectricityTerms, Guarantee, Offer, OfferState, OfferTerms } from '../domain/offer.js';
import type { OfferWindow } from '../domain/window.js';

export const OFFER_COLUMNS = `o.id, o.pool_id, o.center_id, o.nodes, o.starts_at, o.ends_at, o.rrule, o.except_dates::text[] AS except_dates,
  o.price_per_device_hour, o.currency, o.electricity, o.notice_seconds, o.reclaim_credit_percent, o.failure_credit_max_hours,
  o.min_segment_seconds, o.guarantee, o.tenants_allowed, o.state, o.event_seq, o.version, o.created_at`;

export interface OfferRow {
  readonly id: OfferId;
  readonly pool_id: PoolId;
  readonly center_id: CenterId;
  readonly nodes: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly rrule: string | null;
  readonly except_dates: string[];
  readonly price_per_device_hour: string;
  readonly currency: string;
  readonly electricity: ElectricityTerms;
  readonly notice_seconds: number;
  readonly reclaim_credit_percent: string;
  readonly failure_credit_max_hours: string;
  readonly min_segment_seconds: number;
  readonly guarantee: Guarantee;
  readonly tenants_allowed: TenantId[];
  readonly state: OfferState;
  readonly event_seq: number;
  readonly version: number;
  readonly created_at: Date;
}

export function termsFromDb(row: OfferRow): OfferTerms {
  return {
    offerId: row.id,
    poolId: row.pool_id,
    centerId: row.center_id,
    pricePerDeviceHour: Money.of(row.price_per_device_hour, row.currency),
    electricity: row.electricity,
    noticeSeconds: row.notice_seconds,
    reclaimCreditPercent: dec(row.reclaim_credit_percent),
    failureCreditMaxHours: dec(row.failure_credit_max_hours),
    minSegmentSeconds: row.min_segment_seconds,
    guarantee: row.guarantee,
    tenantsAllowed: row.tenants_allowed,
  };
}

export function offerFromDb(row: OfferRow): Offer {
  const { offerId: id, ...terms } = termsFromDb(row);
  return {
    ...terms,
    id,
    nodes: row.nodes,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
    recurrence: row.rrule === null ? null : { rrule: row.rrule, exceptDates: row.except_dates },
    state: row.state,
    version: row.version,
    createdAt: toEpochSeconds(row.created_at),
  };
}

export const WINDOW_COLUMNS =
  'w.id, w.offer_id, w.pool_id, w.center_id, w.starts_at, w.ends_at, w.nodes, w.generation, w.state, w.event_seq';

export interface WindowRow {
  readonly id: WindowId;
  readonly offer_id: OfferId;
  readonly pool_id: PoolId;
  readonly center_id: CenterId;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly nodes: number;
  readonly generation: number;
  readonly state: OfferState;
  readonly event_seq: number;
}

export function windowFromDb(row: WindowRow): OfferWindow {
  return {
    id: row.id,
    offerId: row.offer_id,
    poolId: row.pool_id,
    centerId: row.center_id,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
    nodes: row.nodes,
    generation: row.generation,
    state: row.state,
  };
}

export function lockedWindowFromDb(row: WindowRow): LockedWindow {
  return { ...windowFromDb(row), eventSeq: row.event_seq };
}

export interface WindowFactsRow extends WindowRow {
  readonly center_code: string;
  readonly pool_code: string;
  readonly pool_nodes: number | null;
  readonly device_kind: string | null;
  readonly devices_per_node: number | null;
  readonly price_per_device_hour: string;
  readonly currency: string;
  readonly notice_seconds: number;
  readonly min_segment_seconds: number;
  readonly guarantee: Guarantee;
}

export function windowFactsFromDb(row: WindowFactsRow): WindowFacts {
  return {
    ...windowFromDb(row),
    centerCode: row.center_code,
    poolCode: row.pool_code,
    poolNodes: row.pool_nodes ?? 0,
    deviceKind: row.device_kind,
    devicesPerNode: row.devices_per_node,
    pricePerDeviceHour: Money.of(row.price_per_device_hour, row.currency),
    noticeSeconds: row.notice_seconds,
    minSegmentSeconds: row.min_segment_seconds,
    guarantee: row.guarantee,
  };
}

export interface PoolRow {
  readonly id: PoolId;
  readonly center_id: CenterId;
  readonly nodes: number | null;
  readonly devices_per_node: number | null;
  readonly device_kind: string | null;
}

export function lockedPoolFromDb(row: PoolRow): LockedPool {
  return {
    id: row.id,
    centerId: row.center_id,
    nodes: row.nodes,
    devicesPerNode: row.devices_per_node,
    deviceKind: row.device_kind,
  };
}

export interface CommitmentRow {
  readonly window_id: WindowId;
  readonly pool_id: PoolId;
  readonly nodes: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
}

export function commitmentFromDb(row: CommitmentRow): Commitment {
  return {
    windowId: row.window_id,
    poolId: row.pool_id,
    nodes: row.nodes,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
  };
}

export function segmentCommitmentFromDb(row: CommitmentRow & { readonly segment_id: SegmentId }): SegmentCommitment {
  return { ...commitmentFromDb(row), segmentId: row.segment_id };
}
