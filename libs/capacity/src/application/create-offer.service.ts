import { Injectable } from '@nestjs/common';
import { type EpochSeconds, InvalidInputError, type OfferId } from '#libs/kernel';
import {
  afterCommit,
  Clock,
  Doorbells,
  EventStore,
  IdSource,
  nowSeconds,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import { CapacityError } from '../domain/capacity.errors.js';
import type { CreateOfferInput, Offer } from '../domain/offer.js';
import { offerFaults } from '../domain/validate-offer.js';
import { centersKept } from '../domain/visibility.js';
import type { OfferWindow } from '../domain/window.js';
import { OfferStore } from './offer.store.js';
import { openDueWindows } from './open-windows.js';
import { type LockedPool, SupplyStore } from './supply.store.js';

export interface CreatedOffer {
  readonly offer: Offer;
  readonly windows: readonly OfferWindow[];
}

/** Registers spare nodes of a pool and opens the windows of the next thirty days. */
@Injectable()
export class CreateOfferService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly events: EventStore,
    private readonly doorbells: Doorbells,
    private readonly offers: OfferStore,
    private readonly supply: SupplyStore,
  ) {}

  /**
   * @throws InvalidInputError with every fault, at the paths of the wire's body.
   * @throws CapacityError `not-your-center` where the operation does not keep the pool's center.
   */
  async execute(context: OperationContext, input: CreateOfferInput): Promise<CreatedOffer> {
    return this.transactions.run(context, async (ctx) => {
      const now = nowSeconds(this.clock);
      const offer = this.offerOf(input, await this.checkedPool(ctx, input, now), now);
      await this.offers.insertOffer(ctx, offer);
      await this.recordCreated(ctx, offer);
      const windows = await openDueWindows(
        ctx,
        { supply: this.supply, events: this.events, ids: this.ids },
        { offer, now, coveredUntil: offer.startsAt },
      );
      afterCommit(ctx, () => this.doorbells.ring('plan-round', 'all'));
      return { offer, windows };
    });
  }

  private async checkedPool(ctx: TxContext, input: CreateOfferInput, now: EpochSeconds): Promise<LockedPool> {
    const [pool] = await this.supply.lockPools(ctx, [input.poolId]);
    const kept = centersKept(ctx);
    if (pool && kept && !kept.includes(pool.centerId))
      throw new CapacityError('not-your-center', "only the center's operator offers its nodes", {
        centerId: pool.centerId,
      });
    const faults = offerFaults(input, pool ?? null, now);
    if (!pool || faults.length) throw new InvalidInputError(faults);
    return pool;
  }

  private offerOf(input: CreateOfferInput, pool: LockedPool, now: EpochSeconds): Offer {
    const { interval, ...terms } = input;
    return {
      ...terms,
      ...interval,
      id: this.ids.next<OfferId>(),
      centerId: pool.centerId,
      tenantsAllowed: [...new Set(input.tenantsAllowed)],
      state: 'open',
      version: 1,
      createdAt: now,
    };
  }

  private async recordCreated(ctx: TxContext, offer: Offer): Promise<void> {
    const { poolId, nodes, startsAt, endsAt, pricePerDeviceHour } = offer;
    await this.events.record(ctx, {
      tenantId: null,
      centerId: offer.centerId,
      subjectType: 'offer',
      subjectId: offer.id,
      seq: 1,
      type: 'offer.created',
      toState: 'open',
      data: { poolId, nodes, startsAt, endsAt, pricePerDeviceHour: pricePerDeviceHour.toJson() },
    });
  }
}
