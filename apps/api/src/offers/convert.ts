import type { CreateOfferInput, Offer } from '#libs/capacity';
import type { CreateOffer, Offer as ApiOffer } from '#libs/contracts';
import { secondsOfMinutes } from '#libs/contracts';
import { asId, dec, Money, type PoolId, type TenantId } from '#libs/kernel';
import { fromApiInstant, toApiInstant } from '../wire/instants.js';

export function fromApiCreateOffer(body: CreateOffer, tenantsAllowed: readonly TenantId[]): CreateOfferInput {
  return {
    poolId: asId<PoolId>(body.poolId),
    nodes: body.nodes,
    interval: { startsAt: fromApiInstant(body.start), endsAt: fromApiInstant(body.end) },
    recurrence: body.recurrence,
    pricePerDeviceHour: Money.fromJson(body.price.perDeviceHour),
    electricity: body.electricity,
    noticeSeconds: secondsOfMinutes(body.reclaim.noticeMinutes),
    reclaimCreditPercent: dec(body.reclaim.creditPercent),
    failureCreditMaxHours: dec(body.reclaim.failureCreditMaxHours),
    minSegmentSeconds: secondsOfMinutes(body.minSegmentMinutes),
    guarantee: body.guarantee,
    tenantsAllowed,
  };
}

export interface OfferNames {
  readonly center: string;
  readonly tenantCodes: ReadonlyMap<TenantId, string>;
}

export function toApiOffer(offer: Offer, { center, tenantCodes }: OfferNames): ApiOffer {
  return {
    id: offer.id,
    poolId: offer.poolId,
    center,
    nodes: offer.nodes,
    start: toApiInstant(offer.startsAt),
    end: toApiInstant(offer.endsAt),
    recurrence: null,
    price: { perDeviceHour: offer.pricePerDeviceHour.toJson() },
    electricity: offer.electricity,
    reclaim: {
      noticeMinutes: offer.noticeSeconds / 60,
      creditPercent: offer.reclaimCreditPercent.toNumber(),
      failureCreditMaxHours: offer.failureCreditMaxHours.toNumber(),
    },
    minSegmentMinutes: offer.minSegmentSeconds / 60,
    guarantee: offer.guarantee,
    tenantsAllowed: offer.tenantsAllowed.flatMap((id) => tenantCodes.get(id) ?? []),
    state: offer.state,
    createdAt: toApiInstant(offer.createdAt),
  };
}
