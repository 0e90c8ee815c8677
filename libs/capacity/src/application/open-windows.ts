import type { EpochSeconds, WindowId } from '#libs/kernel';
import type { EventStore, IdSource, TxContext } from '#libs/platform';
import type { Offer } from '../domain/offer.js';
import { type OfferWindow, windowSpans } from '../domain/window.js';
import type { SupplyStore } from './supply.store.js';

interface Parts {
  readonly supply: SupplyStore;
  readonly events: EventStore;
  readonly ids: IdSource;
}

/** Makes the windows of an offer that are due, each with its event. Under the pool's lock. Answers them. */
export async function openDueWindows(
  ctx: TxContext,
  { supply, events, ids }: Parts,
  due: { readonly offer: Offer; readonly now: EpochSeconds; readonly coveredUntil: EpochSeconds },
): Promise<OfferWindow[]> {
  const { id: offerId, poolId, centerId, nodes } = due.offer;
  const windows = windowSpans(due.offer, due.now, due.coveredUntil).map((span): OfferWindow => ({
    id: ids.next<WindowId>(),
    offerId,
    poolId,
    centerId,
    nodes,
    generation: 1,
    state: 'open',
    ...span,
  }));
  await supply.insertWindows(ctx, windows, due.now);
  for (const window of windows)
    await events.record(ctx, {
      tenantId: null,
      centerId,
      subjectType: 'window',
      subjectId: window.id,
      seq: 1,
      type: 'window.opened',
      toState: 'open',
      data: { offerId, nodes, startsAt: window.startsAt, endsAt: window.endsAt },
    });
  return windows;
}
