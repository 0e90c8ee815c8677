import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CatalogError, CatalogQueries, type Pool, RegisterPoolService, UpdatePoolService } from '#libs/catalog';
import {
  type CreatePool,
  createPool,
  type Page,
  pageOf,
  type Pool as ApiPool,
  pool,
  poolQuery,
  type UpdatePool,
  updatePool,
} from '#libs/contracts';
import { type ClusterId, asId, type PoolId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { atField } from '../wire/at-field.js';
import { toApiInstant } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { versionOfIfMatch, withETag } from '../wire/versions.js';

@Controller('v1/pools')
export class PoolsController {
  constructor(
    private readonly catalog: CatalogQueries,
    private readonly registerPool: RegisterPoolService,
    private readonly update: UpdatePoolService,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('catalog.read')
  @Answers(pageOf(pool), { summary: 'The pools: same-model nodes of a cluster' })
  async listPools(
    @Context() context: OperationContext,
    @Query({ schema: poolQuery }) query: z.infer<typeof poolQuery>,
  ): Promise<Page<ApiPool>> {
    return toApiPage(await this.catalog.listPools(context, query, fromApiPage(query)), toApiPool);
  }

  @Get(':id')
  @Action('catalog.read')
  @Answers(pool, { summary: 'One pool', problems: ['pool-not-found'] })
  async readPool(@Call() call: ApiCall, @Param('id', ID) id: PoolId): Promise<ApiPool> {
    const found = await this.catalog.findPool(call.context, id);
    if (!found) throw new CatalogError('pool-not-found', 'there is no such pool');
    return withETag(call, toApiPool(found));
  }

  @Post()
  @Action('center.write')
  @Creates(pool, {
    summary: 'Add a pool to a cluster',
    problems: ['center-not-yours', 'pool-code-taken'],
  })
  createPool(@Call() call: ApiCall, @Body({ schema: createPool }) body: CreatePool): Promise<ApiPool> {
    return this.creations.answer(call, {
      create: async (ctx) => {
        const input = { ...body, clusterId: asId<ClusterId>(body.clusterId) };
        const made = toApiPool(
          await atField({ 'cluster-not-found': '/clusterId' }, this.registerPool.execute(ctx, input)),
        );
        return { location: `/v1/pools/${made.id}`, body: made };
      },
    });
  }

  @Patch(':id')
  @Action('center.write')
  @Answers(pool, {
    summary: 'Change what is stated of a pool',
    takesBody: true,
    problems: ['pool-not-found', 'center-not-yours', 'pool-in-use', 'version-conflict', 'precondition-failed'],
  })
  async updatePool(
    @Call() call: ApiCall,
    @Param('id', ID) id: PoolId,
    @Body({ schema: updatePool }) changes: UpdatePool,
  ): Promise<ApiPool> {
    const input = { id, version: versionOfIfMatch(call), changes };
    return withETag(call, toApiPool(await this.update.execute(call.context, input)));
  }
}

function toApiPool(pool: Pool): ApiPool {
  const { centerId: _, connector, ...shown } = pool;
  return {
    ...shown,
    runnable: connector !== null,
    facts: { ...pool.facts },
    sources: { ...pool.sources },
    createdAt: toApiInstant(pool.createdAt),
  };
}
