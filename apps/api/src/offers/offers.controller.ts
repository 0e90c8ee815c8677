import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CapacityError, CapacityQueries, CreateOfferService, WithdrawOfferService } from '#libs/capacity';
import { CatalogQueries } from '#libs/catalog';
import { type CreateOffer, createOffer, type Offer, offer, offerQuery, type Page, pageOf } from '#libs/contracts';
import type { OfferId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { NO_BODY } from '../wire/no-body.js';
import { fromApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { fromApiCreateOffer, toApiOffer } from './convert.js';
import { OfferViews } from './offer-views.service.js';
import { TenantCodes } from './tenant-codes.service.js';

@Controller('v1/offers')
export class OffersController {
  constructor(
    private readonly capacity: CapacityQueries,
    private readonly catalog: CatalogQueries,
    private readonly register: CreateOfferService,
    private readonly withdraw: WithdrawOfferService,
    private readonly tenantCodes: TenantCodes,
    private readonly views: OfferViews,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('offer.read')
  @Answers(pageOf(offer), { summary: "The offers of the caller's centers" })
  async listOffers(
    @Context() context: OperationContext,
    @Query({ schema: offerQuery }) query: z.infer<typeof offerQuery>,
  ): Promise<Page<Offer>> {
    const center = query.center === undefined ? null : await this.catalog.findCenter(context, query.center);
    if (query.center !== undefined && !center) return { items: [], nextCursor: null };
    const filter = { ...fromApiPage(query), ...(center ? { centerId: center.id } : {}) };
    const { items, nextCursor } = await this.capacity.listOffers(context, filter);
    return { items: await this.views.viewsOf(context, items), nextCursor };
  }

  @Get(':id')
  @Action('offer.read')
  @Answers(offer, { summary: 'One offer', problems: ['offer-not-found'] })
  async readOffer(@Context() context: OperationContext, @Param('id', ID) id: OfferId): Promise<Offer> {
    const found = await this.capacity.findOffer(context, id);
    if (!found) throw new CapacityError('offer-not-found', `there is no offer ${id}`);
    return this.views.viewOf(context, found);
  }

  @Post()
  @Action('offer.write')
  @Creates(offer, { summary: 'Offer nodes of a pool for a span', problems: ['not-your-center'] })
  async createOffer(@Call() call: ApiCall, @Body({ schema: createOffer }) body: CreateOffer): Promise<Offer> {
    const tenantCodes = await this.tenantCodes.byCodes(call.context, body.tenantsAllowed);
    const input = fromApiCreateOffer(body, [...tenantCodes.keys()]);
    return this.creations.answer(call, {
      create: async (ctx) => {
        const { offer: made } = await this.register.execute(ctx, input);
        const center = (await this.catalog.centersByIds(ctx, [made.centerId])).get(made.centerId)?.code ?? '';
        return { location: `/v1/offers/${made.id}`, body: toApiOffer(made, { center, tenantCodes }) };
      },
    });
  }

  @Post(':id/withdraw')
  @Action('offer.write')
  @Answers(offer, {
    summary: 'Take an offer back; refused while anything is reserved or running in its windows',
    takesBody: true,
    problems: ['offer-not-found', 'offer-in-use'],
  })
  async withdrawOffer(
    @Context() context: OperationContext,
    @Param('id', ID) id: OfferId,
    @Body(NO_BODY) _body: unknown,
  ): Promise<Offer> {
    return this.views.viewOf(context, await this.withdraw.execute(context, id));
  }
}
