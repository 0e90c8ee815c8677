import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CatalogQueries } from '#libs/catalog';
import { type GridFactor, gridFactor, gridFactorQuery, type Page, pageOf } from '#libs/contracts';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { Context } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

@Controller('v1/grid-factors')
export class GridFactorsController {
  constructor(private readonly catalog: CatalogQueries) {}

  @Get()
  @Action('catalog.read')
  @Answers(pageOf(gridFactor), { summary: 'Carbon per kWh by grid region and year' })
  async listGridFactors(
    @Context() context: OperationContext,
    @Query({ schema: gridFactorQuery }) query: z.infer<typeof gridFactorQuery>,
  ): Promise<Page<GridFactor>> {
    const page = await this.catalog.listGridFactors(context, query, fromApiPage(query));
    return toApiPage(page, ({ region, year, method, kgPerKwh, source }) => ({
      region,
      year,
      method,
      kgPerKwh,
      source,
    }));
  }
}
