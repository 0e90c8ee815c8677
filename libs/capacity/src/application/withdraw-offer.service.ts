import { Injectable } from '@nestjs/common';
import type { OfferId } from '#libs/kernel';
import {
  afterCommit,
  Clock,
  Doorbells,
  EventStore,
  nowSeconds,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import { CapacityError } from '../domain/capacity.errors.js';
import type { Offer } from '../domain/offer.js';
import { centersKept } from '../domain/visibility.js';
import { type LockedOffer, OfferStore } from './offer.store.js';
import { type LockedWindow, SupplyStore } from './supply.store.js';

/** Takes an offer back: its windows that are not over close. Nothing may be reserved or live in any of them. */
@Injectable()
export class WithdrawOfferService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly events: EventStore,
    private readonly doorbells: Doorbells,
    private readonly offers: OfferStore,
    private readonly supply: SupplyStore,
  ) {}

  /**
   * Withdrawing twice is withdrawing once.
   * @throws CapacityError `offer-not-found` (also where the operation does not keep its center), `offer-in-use`.
   */
  async execute(context: OperationContext, offerId: OfferId): Promise<Offer> {
    return this.transactions.run(context, async (ctx) => {
      const { poolId } = await this.findKept(ctx, offerId);
      // The pool's lock is what a reserver takes first, so nothing can be reserved between the count and the change.
      await this.supply.lockPools(ctx, [poolId]);
      const windows = await this.supply.lockOpenWindows(ctx, offerId, nowSeconds(this.clock));
      const locked = await this.offers.lockOffer(ctx, offerId);
      if (!locked) throw notFound(offerId);
      if (locked.offer.state === 'withdrawn') return locked.offer;
      await this.refuseIfInUse(ctx, offerId);
      await this.withdraw(ctx, locked, windows);
      return { ...locked.offer, state: 'withdrawn', version: locked.offer.version + 1 };
    });
  }

  private async findKept(ctx: TxContext, offerId: OfferId): Promise<Offer> {
    const offer = await this.offers.findOffer(ctx, offerId);
    const kept = centersKept(ctx);
    if (!offer || (kept && !kept.includes(offer.centerId))) throw notFound(offerId);
    return offer;
  }

  private async refuseIfInUse(ctx: TxContext, offerId: OfferId): Promise<void> {
    const reservations = await this.supply.countReserved(ctx, offerId);
    if (reservations > 0)
      throw new CapacityError('offer-in-use', `${reservations} segments are reserved or running in its windows`, {
        reservations,
      });
  }

  private async withdraw(
    ctx: TxContext,
    { offer, eventSeq }: LockedOffer,
    windows: readonly LockedWindow[],
  ): Promise<void> {
    if (!(await this.offers.withdrawOffer(ctx, offer.id, eventSeq))) throw notFound(offer.id);
    await this.recordWithdrawn(ctx, offer, { type: 'offer', id: offer.id, seq: eventSeq + 1 });
    for (const window of windows)
      if (await this.supply.withdrawWindow(ctx, window))
        await this.recordWithdrawn(ctx, offer, { type: 'window', id: window.id, seq: window.eventSeq + 1 });
    afterCommit(ctx, () => this.doorbells.ring('plan-round', 'all'));
  }

  private async recordWithdrawn(
    ctx: TxContext,
    offer: Offer,
    subject: { readonly type: 'offer' | 'window'; readonly id: string; readonly seq: number },
  ): Promise<void> {
    await this.events.record(ctx, {
      tenantId: null,
      centerId: offer.centerId,
      subjectType: subject.type,
      subjectId: subject.id,
      seq: subject.seq,
      type: `${subject.type}.withdrawn`,
      fromState: 'open',
      toState: 'withdrawn',
      data: { offerId: offer.id },
    });
  }
}

function notFound(offerId: OfferId): CapacityError {
  return new CapacityError('offer-not-found', `there is no offer ${offerId}`, { offerId });
}
