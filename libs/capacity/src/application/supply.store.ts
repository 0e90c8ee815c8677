import type { CenterId, EpochSeconds, Interval, Money, OfferId, PoolId, WindowId } from '#libs/kernel';
import type { PageRequest, TxContext } from '#libs/platform';
import type { Commitment, SegmentCommitment } from '../domain/commitment.js';
import type { Guarantee } from '../domain/offer.js';
import type { OfferedPool } from '../domain/validate-offer.js';
import type { SupplyViewer } from '../domain/visibility.js';
import type { OfferWindow } from '../domain/window.js';

export interface LockedPool extends OfferedPool {
  readonly id: PoolId;
  readonly centerId: CenterId;
}

export interface LockedWindow extends OfferWindow {
  readonly eventSeq: number;
}

export interface WindowFilter extends PageRequest {
  /** Windows that have an instant in common with it. */
  readonly interval: Interval;
  readonly deviceKind?: string;
  readonly centerCode?: string;
  readonly poolId?: PoolId;
}

/** A window with what a reader needs to know of its offer and pool. */
export interface WindowFacts extends OfferWindow {
  readonly centerCode: string;
  readonly poolCode: string;
  readonly poolNodes: number;
  readonly deviceKind: string | null;
  readonly devicesPerNode: number | null;
  readonly pricePerDeviceHour: Money;
  readonly noticeSeconds: number;
  readonly minSegmentSeconds: number;
  readonly guarantee: Guarantee;
}

/** Windows, what is committed in them, and the locks under which either may change: pool first, then window. */
export abstract class SupplyStore {
  /** Locks the pools by ascending id. Pools that do not exist are left out. */
  abstract lockPools(ctx: TxContext, poolIds: readonly PoolId[]): Promise<readonly LockedPool[]>;
  abstract lockWindow(ctx: TxContext, windowId: WindowId): Promise<LockedWindow | null>;
  /** Locks the open windows of an offer that are not over, by ascending id. */
  abstract lockOpenWindows(ctx: TxContext, offerId: OfferId, now: EpochSeconds): Promise<readonly LockedWindow[]>;
  abstract insertWindows(ctx: TxContext, windows: readonly OfferWindow[], createdAt: EpochSeconds): Promise<void>;
  /** False where the window is not open at this event any more. The generation rises. */
  abstract withdrawWindow(ctx: TxContext, window: LockedWindow): Promise<boolean>;
  /** One more than `limit`, by descending id. */
  abstract listWindows(ctx: TxContext, filter: WindowFilter, viewer: SupplyViewer): Promise<readonly WindowFacts[]>;
  /** Open windows that are not over and open before `horizonEndsAt`, by ascending id. */
  abstract openWindows(ctx: TxContext, now: EpochSeconds, horizonEndsAt: EpochSeconds): Promise<readonly OfferWindow[]>;
  /** What is reserved on the pools and not given back, from before an instant; what is past its end included. */
  abstract commitmentsOfPools(
    ctx: TxContext,
    poolIds: readonly PoolId[],
    before: EpochSeconds,
  ): Promise<readonly Commitment[]>;
  /** All of it, with whose it is, by ascending reservation. */
  abstract commitments(ctx: TxContext, before: EpochSeconds): Promise<readonly SegmentCommitment[]>;
  abstract countReserved(ctx: TxContext, offerId: OfferId): Promise<number>;
}
