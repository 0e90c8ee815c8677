declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Id<'TenantId'>;
export type ProjectId = Id<'ProjectId'>;
export type MemberId = Id<'MemberId'>;
export type ApiKeyId = Id<'ApiKeyId'>;
export type CenterId = Id<'CenterId'>;
export type ClusterId = Id<'ClusterId'>;
export type PoolId = Id<'PoolId'>;
export type OfferId = Id<'OfferId'>;
export type WindowId = Id<'WindowId'>;
export type ReservationId = Id<'ReservationId'>;
export type JobId = Id<'JobId'>;
export type SegmentId = Id<'SegmentId'>;
export type AttemptId = Id<'AttemptId'>;
export type CheckpointId = Id<'CheckpointId'>;
export type QuoteId = Id<'QuoteId'>;
export type AccountId = Id<'AccountId'>;
export type HoldId = Id<'HoldId'>;
export type PriceScheduleId = Id<'PriceScheduleId'>;
export type UsageRecordId = Id<'UsageRecordId'>;
export type ChargeId = Id<'ChargeId'>;
export type TransactionId = Id<'TransactionId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Marks a UUID as the id of one kind of thing, so that a job's id cannot be passed for a segment's.
 * @throws RangeError unless `text` is a lower-case UUID.
 */
export function asId<T extends Id<string>>(text: string): T {
  if (!isUuid(text)) throw new RangeError(`'${text}' is not a lower-case UUID`);
  return text as T;
}
