import { Injectable } from '@nestjs/common';
import type { PoolId } from '#libs/kernel';
import {
  afterCommit,
  Clock,
  Doorbells,
  EventStore,
  IdSource,
  nowSeconds,
  type OperationContext,
  TransactionRunner,
} from '#libs/platform';
import { OfferStore } from './offer.store.js';
import { openDueWindows } from './open-windows.js';
import { SupplyStore } from './supply.store.js';

/** Opens the windows that have come within thirty days. Safe to run twice, or by two at once. */
@Injectable()
export class ExtendWindowsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly events: EventStore,
    private readonly doorbells: Doorbells,
    private readonly offers: OfferStore,
    private readonly supply: SupplyStore,
  ) {}

  /** Answers how many windows were opened. A transaction a pool, unless the caller has one open. */
  async execute(context: OperationContext): Promise<number> {
    const pools = await this.transactions.run(context, (ctx) =>
      this.offers.poolsWithUnfinishedOffers(ctx, nowSeconds(this.clock)),
    );
    let opened = 0;
    for (const poolId of pools) opened += await this.extendPool(context, poolId);
    return opened;
  }

  private async extendPool(context: OperationContext, poolId: PoolId): Promise<number> {
    return this.transactions.run(context, async (ctx) => {
      await this.supply.lockPools(ctx, [poolId]);
      const now = nowSeconds(this.clock);
      const parts = { supply: this.supply, events: this.events, ids: this.ids };
      let opened = 0;
      // Read anew under the pool's lock: another process may have opened them meanwhile.
      for (const due of await this.offers.unfinishedOffers(ctx, poolId, now))
        opened += (await openDueWindows(ctx, parts, { ...due, now })).length;
      if (opened) afterCommit(ctx, () => this.doorbells.ring('plan-round', 'all'));
      return opened;
    });
  }
}
