import { Injectable } from '@nestjs/common';
import { type EpochSeconds, fromEpochSeconds, type OfferId, type PoolId, toEpochSeconds } from '#libs/kernel';
import { decodeCursor, execute, type Page, pageOf, query, type TxContext } from '#libs/platform';
import { type LockedOffer, type OfferFilter, OfferStore, type UnfinishedOffer } from '../application/offer.store.js';
import type { Offer, OfferTerms } from '../domain/offer.js';
import { WINDOWS_AHEAD_SECONDS } from '../domain/window.js';
import { OFFER_COLUMNS, offerFromDb, type OfferRow, termsFromDb } from './capacity.mapping.js';

/** Open offers that are not over, whose next window opens before $2, each with the end of its last window. */
const UNFINISHED = `
  FROM offer o
  CROSS JOIN LATERAL (SELECT coalesce(max(w.ends_at), o.starts_at) AS covered_until FROM offer_window w WHERE w.offer_id = o.id) made
  WHERE o.state = 'open' AND o.ends_at > greatest($1, made.covered_until) AND made.covered_until < $2`;

@Injectable()
export class PostgresOfferStore extends OfferStore {
  async insertOffer(ctx: TxContext, offer: Offer): Promise<void> {
    await query(
      ctx,
      `INSERT INTO offer (id, pool_id, center_id, nodes, starts_at, ends_at, rrule, except_dates, price_per_device_hour, currency, electricity,
         notice_seconds, reclaim_credit_percent, failure_credit_max_hours, min_segment_seconds, guarantee, tenants_allowed, state, event_seq,
         version, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $19, $20)`,
      [
        ...[offer.id, offer.poolId, offer.centerId, offer.nodes],
        ...[fromEpochSeconds(offer.startsAt), fromEpochSeconds(offer.endsAt)],
        ...[offer.recurrence?.rrule ?? null, offer.recurrence?.exceptDates ?? []],
        ...[offer.pricePerDeviceHour.amount.toFixed(), offer.pricePerDeviceHour.currency, offer.electricity],
        ...[offer.noticeSeconds, offer.reclaimCreditPercent.toFixed(), offer.failureCreditMaxHours.toFixed()],
        ...[offer.minSegmentSeconds, offer.guarantee, offer.tenantsAllowed, offer.state],
        ...[offer.version, fromEpochSeconds(offer.createdAt)],
      ],
    );
  }

  async findOffer(ctx: TxContext, offerId: OfferId): Promise<Offer | null> {
    const [row] = await query<OfferRow>(ctx, `SELECT ${OFFER_COLUMNS} FROM offer o WHERE o.id = $1`, [offerId]);
    return row ? offerFromDb(row) : null;
  }

  async listOffers(ctx: TxContext, filter: OfferFilter): Promise<Page<Offer>> {
    const rows = await query<OfferRow>(
      ctx,
      `SELECT ${OFFER_COLUMNS} FROM offer o
       WHERE ($1::uuid[] IS NULL OR o.center_id = ANY ($1)) AND ($2::uuid IS NULL OR o.pool_id = $2) AND ($3::uuid IS NULL OR o.id < $3)
       ORDER BY o.id DESC LIMIT $4`,
      [
        filter.centerIds,
        filter.poolId ?? null,
        filter.cursor === null ? null : decodeCursor(filter.cursor),
        filter.limit + 1,
      ],
    );
    return pageOf(rows.map(offerFromDb), filter.limit);
  }

  async termsOf(ctx: TxContext, offerIds: readonly OfferId[]): Promise<OfferTerms[]> {
    const sql = `SELECT ${OFFER_COLUMNS} FROM offer o WHERE o.id = ANY ($1) ORDER BY o.id`;
    return (await query<OfferRow>(ctx, sql, [offerIds])).map(termsFromDb);
  }

  async lockOffer(ctx: TxContext, offerId: OfferId): Promise<LockedOffer | null> {
    const sql = `SELECT ${OFFER_COLUMNS} FROM offer o WHERE o.id = $1 FOR NO KEY UPDATE`;
    const [row] = await query<OfferRow>(ctx, sql, [offerId]);
    return row ? { offer: offerFromDb(row), eventSeq: row.event_seq } : null;
  }

  async withdrawOffer(ctx: TxContext, offerId: OfferId, eventSeq: number): Promise<boolean> {
    const changed = await execute(
      ctx,
      `UPDATE offer SET state = 'withdrawn', event_seq = event_seq + 1, version = version + 1
       WHERE id = $1 AND state = 'open' AND event_seq = $2`,
      [offerId, eventSeq],
    );
    return changed === 1;
  }

  async poolsWithUnfinishedOffers(ctx: TxContext, now: EpochSeconds): Promise<PoolId[]> {
    const sql = `SELECT DISTINCT o.pool_id ${UNFINISHED} ORDER BY o.pool_id`;
    return (await query<{ pool_id: PoolId }>(ctx, sql, untilHorizon(now))).map((row) => row.pool_id);
  }

  async unfinishedOffers(ctx: TxContext, poolId: PoolId, now: EpochSeconds): Promise<UnfinishedOffer[]> {
    const sql = `SELECT ${OFFER_COLUMNS}, made.covered_until ${UNFINISHED} AND o.pool_id = $3 ORDER BY o.id`;
    const rows = await query<OfferRow & { covered_until: Date }>(ctx, sql, [...untilHorizon(now), poolId]);
    return rows.map((row) => ({ offer: offerFromDb(row), coveredUntil: toEpochSeconds(row.covered_until) }));
  }
}

function untilHorizon(now: EpochSeconds): [Date, Date] {
  return [fromEpochSeconds(now), fromEpochSeconds(now + WINDOWS_AHEAD_SECONDS)];
}
