import { Injectable } from '@nestjs/common';
import { containsInterval, type EpochSeconds, type PoolId, type SegmentId } from '#libs/kernel';
import { Clock, nowSeconds, type TxContext } from '#libs/platform';
import { freeNodesLeast, untilProof } from '../domain/commitment.js';
import { type NewReservation, ReservationStore } from './reservation.store.js';
import { type LockedPool, type LockedWindow, SupplyStore } from './supply.store.js';

export interface ReserveCapacityInput extends NewReservation {
  /** Of the window, as the plan saw it. */
  readonly windowGeneration: number;
}

/**
 * `no-capacity`: others hold the nodes. `window-changed`: the window is not what the plan saw (withdrawn, shrunk,
 * of another pool) or does not contain the span.
 */
export type ReserveAnswer = 'reserved' | 'no-capacity' | 'window-changed';

/** Nodes of a window for a segment. Invariant 1 is held here, under the pool's lock, and again by the database. */
@Injectable()
export class ReserveCapacity {
  constructor(
    private readonly clock: Clock,
    private readonly supply: SupplyStore,
    private readonly reservations: ReservationStore,
  ) {}

  /** For a transaction that will reserve in several pools: all their locks, in order, before any other lock. */
  async lockPools(ctx: TxContext, poolIds: readonly PoolId[]): Promise<void> {
    await this.supply.lockPools(ctx, poolIds);
  }

  /** Locks the pool, then the window; the transaction must hold no job's or account's lock before. */
  async reserve(ctx: TxContext, input: ReserveCapacityInput): Promise<ReserveAnswer> {
    const [pool] = await this.supply.lockPools(ctx, [input.poolId]);
    const window = await this.supply.lockWindow(ctx, input.windowId);
    if (!pool || !window || !isAsPlanned(window, input)) return 'window-changed';
    const now = nowSeconds(this.clock);
    if ((await this.freeNodes(ctx, pool, window, input, now)) < input.nodes) return 'no-capacity';
    await this.reservations.insertReservation(ctx, input, now);
    return 'reserved';
  }

  /** Gives back what is left; false where nothing stands any more, so it may be called twice. Takes no lock on the pool. */
  async release(ctx: TxContext, segmentId: SegmentId, at: EpochSeconds): Promise<boolean> {
    return this.reservations.release(ctx, segmentId, at);
  }

  /** The segment will end sooner. Never makes it longer, never empty: then it answers false. */
  async shorten(ctx: TxContext, segmentId: SegmentId, endsAt: EpochSeconds): Promise<boolean> {
    return this.reservations.shorten(ctx, segmentId, endsAt);
  }

  private async freeNodes(
    ctx: TxContext,
    pool: LockedPool,
    window: LockedWindow,
    input: ReserveCapacityInput,
    now: EpochSeconds,
  ): Promise<number> {
    const taken = await this.supply.commitmentsOfPools(ctx, [pool.id], input.interval.endsAt);
    const bounds = { windowId: window.id, windowNodes: window.nodes, poolNodes: pool.nodes ?? 0 };
    return freeNodesLeast(
      input.interval,
      bounds,
      taken.map((one) => untilProof(one, now)),
    );
  }
}

function isAsPlanned(window: LockedWindow, input: ReserveCapacityInput): boolean {
  return (
    window.state === 'open' &&
    window.generation === input.windowGeneration &&
    window.poolId === input.poolId &&
    containsInterval(window, input.interval)
  );
}
