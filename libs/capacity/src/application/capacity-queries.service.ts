import { Injectable } from '@nestjs/common';
import {
  type CapacityStep,
  type CenterId,
  type EpochSeconds,
  intersect,
  type OfferId,
  type PoolId,
} from '#libs/kernel';
import {
  Clock,
  nowSeconds,
  type OperationContext,
  type Page,
  pageOf,
  type PageRequest,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import { type Commitment, freeStepsWithin, type SegmentCommitment, untilProof } from '../domain/commitment.js';
import { groupBy } from '../domain/group-by.js';
import type { Offer, OfferTerms } from '../domain/offer.js';
import { centersKept, supplyViewer } from '../domain/visibility.js';
import type { OfferWindow } from '../domain/window.js';
import { OfferStore } from './offer.store.js';
import { SupplyStore, type WindowFacts, type WindowFilter } from './supply.store.js';

export interface WindowView extends WindowFacts {
  /** Over the part of the window that was asked for. */
  readonly freeSteps: readonly CapacityStep[];
}

/** The windows of one offer, with what the planner must know of it. */
export interface SupplyLane extends OfferTerms {
  readonly windows: readonly OfferWindow[];
}

export interface Supply<C extends Commitment = SegmentCommitment> {
  /** By ascending offer; windows by ascending id. */
  readonly lanes: readonly SupplyLane[];
  /** What stands, in one order always; what is past its end and not proved ended is carried on. */
  readonly commitments: readonly C[];
}

export interface SupplySpan {
  readonly now: EpochSeconds;
  readonly horizonEndsAt: EpochSeconds;
}

/** What is offered, and what of it is free. */
@Injectable()
export class CapacityQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly offers: OfferStore,
    private readonly store: SupplyStore,
  ) {}

  /** Of the centers that the operation keeps. */
  async listOffers(
    context: OperationContext,
    filter: PageRequest & { readonly centerId?: CenterId; readonly poolId?: PoolId },
  ): Promise<Page<Offer>> {
    const kept = centersKept(context);
    const { centerId } = filter;
    const centerIds = centerId ? [centerId].filter((id) => kept === null || kept.includes(id)) : kept;
    return this.transactions.run(context, (ctx) => this.offers.listOffers(ctx, { ...filter, centerIds }));
  }

  /** Null where there is none, or the operation does not keep its center. */
  async findOffer(context: OperationContext, offerId: OfferId): Promise<Offer | null> {
    const kept = centersKept(context);
    const offer = await this.transactions.run(context, (ctx) => this.offers.findOffer(ctx, offerId));
    return offer && (kept === null || kept.includes(offer.centerId)) ? offer : null;
  }

  /** Windows that the operation's tenant may use or whose center it keeps, with their free nodes over time. */
  async listWindows(context: OperationContext, filter: WindowFilter): Promise<Page<WindowView>> {
    return this.transactions.run(context, async (ctx) => {
      const now = nowSeconds(this.clock);
      const page = pageOf(await this.store.listWindows(ctx, filter, supplyViewer(ctx)), filter.limit);
      const poolIds = [...new Set(page.items.map((window) => window.poolId))];
      const standing = await this.store.commitmentsOfPools(ctx, poolIds, filter.interval.endsAt);
      const taken = groupBy(standing, (one) => one.poolId);
      const items = page.items.map((window) => viewOf(window, filter, taken.get(window.poolId) ?? [], now));
      return { items, nextCursor: page.nextCursor };
    });
  }

  /** What the planner plans on: every open window until the horizon, and all that is committed. The worker's. */
  async supply(context: OperationContext, span: SupplySpan): Promise<Supply> {
    return this.transactions.run(context, async (ctx) => {
      const lanes = await this.lanes(ctx, span);
      const commitments = await this.store.commitments(ctx, span.horizonEndsAt);
      return { lanes, commitments: commitments.map((one) => untilProof(one, span.now)) };
    });
  }

  /** The same for a quote: whose the committed nodes are is nobody's affair. */
  async publicSupply(context: OperationContext, span: SupplySpan): Promise<Supply<Commitment>> {
    return this.transactions.run(context, async (ctx) => {
      const lanes = await this.lanes(ctx, span);
      const poolIds = [...new Set(lanes.map((lane) => lane.poolId))];
      const commitments = await this.store.commitmentsOfPools(ctx, poolIds, span.horizonEndsAt);
      return { lanes, commitments: commitments.map((one) => untilProof(one, span.now)) };
    });
  }

  /** Terms by offer; offers that do not exist are left out. */
  async offerTerms(context: OperationContext, offerIds: readonly OfferId[]): Promise<ReadonlyMap<OfferId, OfferTerms>> {
    const terms = await this.transactions.run(context, (ctx) => this.offers.termsOf(ctx, offerIds));
    return new Map(terms.map((one) => [one.offerId, one]));
  }

  private async lanes(ctx: TxContext, { now, horizonEndsAt }: SupplySpan): Promise<SupplyLane[]> {
    const windows = groupBy(await this.store.openWindows(ctx, now, horizonEndsAt), (window) => window.offerId);
    const terms = await this.offers.termsOf(ctx, [...windows.keys()]);
    return terms.map((lane) => ({ ...lane, windows: windows.get(lane.offerId) ?? [] }));
  }
}

function viewOf(
  window: WindowFacts,
  filter: WindowFilter,
  taken: readonly Commitment[],
  now: EpochSeconds,
): WindowView {
  const span = intersect(window, filter.interval);
  const bounds = { windowId: window.id, windowNodes: window.nodes, poolNodes: window.poolNodes };
  const standing = taken.map((one) => untilProof(one, now));
  return { ...window, freeSteps: span ? freeStepsWithin(span, bounds, standing) : [] };
}
