import { Injectable } from '@nestjs/common';
import type { Offer } from '#libs/capacity';
import { CatalogQueries } from '#libs/catalog';
import type { Offer as ApiOffer } from '#libs/contracts';
import type { OperationContext } from '#libs/platform';
import { toApiOffer } from './convert.js';
import { TenantCodes } from './tenant-codes.service.js';

/** Offers with the codes of their centers and tenants. */
@Injectable()
export class OfferViews {
  constructor(
    private readonly catalog: CatalogQueries,
    private readonly tenantCodes: TenantCodes,
  ) {}

  async viewsOf(context: OperationContext, offers: readonly Offer[]): Promise<ApiOffer[]> {
    const centers = await this.catalog.centersByIds(context, [...new Set(offers.map((offer) => offer.centerId))]);
    const tenantCodes = await this.tenantCodes.codesOf(
      context,
      offers.flatMap((offer) => offer.tenantsAllowed),
    );
    return offers.map((offer) => toApiOffer(offer, { center: centers.get(offer.centerId)?.code ?? '', tenantCodes }));
  }

  async viewOf(context: OperationContext, offer: Offer): Promise<ApiOffer> {
    const [view] = await this.viewsOf(context, [offer]);
    if (!view) throw new Error('one offer has one view');
    return view;
  }
}
