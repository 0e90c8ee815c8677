import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CatalogQueries } from '#libs/catalog';
import { type Page, pageOf, type Tariff, tariff, tariffQuery } from '#libs/contracts';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';
import { toApiTariff } from './convert.js';

@Controller('v1/tariffs')
export class TariffsController {
  constructor(private readonly catalog: CatalogQueries) {}

  @Get()
  @Action('catalog.read')
  @Answers(pageOf(tariff), { summary: 'Electricity prices of the centers, each from its instant on' })
  async listTariffs(
    @Context() context: OperationContext,
    @Query({ schema: tariffQuery }) query: z.infer<typeof tariffQuery>,
  ): Promise<Page<Tariff>> {
    return toApiPage(await this.catalog.listTariffs(context, query, fromApiPage(query)), toApiTariff);
  }
}
