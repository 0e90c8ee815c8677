import { Body, Controller, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import {
  CatalogError,
  CatalogQueries,
  RegisterCenterService,
  SetTariffService,
  UpdateCenterService,
} from '#libs/catalog';
import {
  type Center,
  center,
  createCenter,
  type CreateCenter,
  pageOf,
  pageQuery,
  type Page,
  type PageQuery,
  type SetTariff,
  setTariff,
  type Tariff,
  tariff,
  type UpdateCenter,
  updateCenter,
} from '#libs/contracts';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { toApiTariff } from '../tariffs/convert.js';
import { fromApiInstant } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';
import { CODE } from '../wire/params.js';
import { versionOfIfMatch, withETag } from '../wire/versions.js';
import { toApiCenter } from './convert.js';

@Controller('v1/centers')
export class CentersController {
  constructor(
    private readonly catalog: CatalogQueries,
    private readonly registerCenter: RegisterCenterService,
    private readonly update: UpdateCenterService,
    private readonly tariffs: SetTariffService,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('catalog.read')
  @Answers(pageOf(center), { summary: 'The centers' })
  async listCenters(
    @Context() context: OperationContext,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<Page<Center>> {
    return toApiPage(await this.catalog.listCenters(context, fromApiPage(query)), toApiCenter);
  }

  @Get(':code')
  @Action('catalog.read')
  @Answers(center, { summary: 'One center', problems: ['center-not-found'] })
  async readCenter(@Call() call: ApiCall, @Param('code', CODE) code: string): Promise<Center> {
    const found = await this.catalog.findCenter(call.context, code);
    if (!found) throw new CatalogError('center-not-found', `there is no center '${code}'`);
    return withETag(call, toApiCenter(found));
  }

  @Post()
  @Action('catalog.write')
  @Creates(center, { summary: 'Add a center', problems: ['center-code-taken'] })
  createCenter(@Call() call: ApiCall, @Body({ schema: createCenter }) body: CreateCenter): Promise<Center> {
    return this.creations.answer(call, {
      create: async (ctx) => {
        const made = toApiCenter(await this.registerCenter.execute(ctx, body));
        return { location: `/v1/centers/${made.code}`, body: made };
      },
    });
  }

  @Patch(':code')
  @Action('catalog.write')
  @Answers(center, {
    summary: 'Change what is stated of a center',
    takesBody: true,
    problems: ['center-not-found', 'version-conflict', 'precondition-failed'],
  })
  async updateCenter(
    @Call() call: ApiCall,
    @Param('code', CODE) code: string,
    @Body({ schema: updateCenter }) changes: UpdateCenter,
  ): Promise<Center> {
    const input = { code, version: versionOfIfMatch(call), changes };
    return withETag(call, toApiCenter(await this.update.execute(call.context, input)));
  }

  @Put(':code/tariff')
  @Action('center.write')
  @Answers(tariff, {
    summary: 'Set the electricity price of a center from an instant on',
    takesBody: true,
    problems: ['center-not-found', 'center-not-yours'],
  })
  async setTariff(
    @Context() context: OperationContext,
    @Param('code', CODE) code: string,
    @Body({ schema: setTariff }) body: SetTariff,
  ): Promise<Tariff> {
    const input = { ...body, center: code, validFrom: fromApiInstant(body.validFrom) };
    return toApiTariff(await this.tariffs.execute(context, input));
  }
}
