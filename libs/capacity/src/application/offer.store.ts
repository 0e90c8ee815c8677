import type { CenterId, EpochSeconds, OfferId, PoolId } from '#libs/kernel';
import type { Page, PageRequest, TxContext } from '#libs/platform';
import type { Offer, OfferTerms } from '../domain/offer.js';

export interface OfferFilter extends PageRequest {
  /** Null: every center's. */
  readonly centerIds: readonly CenterId[] | null;
  readonly poolId?: PoolId;
}

export interface LockedOffer {
  readonly offer: Offer;
  readonly eventSeq: number;
}

/** An open offer whose windows do not reach its end yet. */
export interface UnfinishedOffer {
  readonly offer: Offer;
  /** The end of its last window; its start where it has none. */
  readonly coveredUntil: EpochSeconds;
}

export abstract class OfferStore {
  /** The first event of the offer has sequence number 1. */
  abstract insertOffer(ctx: TxContext, offer: Offer): Promise<void>;
  abstract findOffer(ctx: TxContext, offerId: OfferId): Promise<Offer | null>;
  abstract listOffers(ctx: TxContext, filter: OfferFilter): Promise<Page<Offer>>;
  abstract termsOf(ctx: TxContext, offerIds: readonly OfferId[]): Promise<readonly OfferTerms[]>;
  abstract lockOffer(ctx: TxContext, offerId: OfferId): Promise<LockedOffer | null>;
  /** False where the offer is not open at this event any more. */
  abstract withdrawOffer(ctx: TxContext, offerId: OfferId, eventSeq: number): Promise<boolean>;
  /** By ascending id; those of one pool, or the pools that have any. */
  abstract poolsWithUnfinishedOffers(ctx: TxContext, now: EpochSeconds): Promise<readonly PoolId[]>;
  abstract unfinishedOffers(ctx: TxContext, poolId: PoolId, now: EpochSeconds): Promise<readonly UnfinishedOffer[]>;
}
