import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  CatalogError,
  CatalogQueries,
  type Cluster,
  RegisterClusterService,
  UpdateClusterService,
} from '#libs/catalog';
import {
  type Cluster as ApiCluster,
  cluster,
  clusterQuery,
  type CreateCluster,
  createCluster,
  type Page,
  pageOf,
  type UpdateCluster,
  updateCluster,
} from '#libs/contracts';
import type { ClusterId } from '#libs/kernel';
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

@Controller('v1/clusters')
export class ClustersController {
  constructor(
    private readonly catalog: CatalogQueries,
    private readonly registerCluster: RegisterClusterService,
    private readonly update: UpdateClusterService,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('catalog.read')
  @Answers(pageOf(cluster), { summary: 'The clusters' })
  async listClusters(
    @Context() context: OperationContext,
    @Query({ schema: clusterQuery }) query: z.infer<typeof clusterQuery>,
  ): Promise<Page<ApiCluster>> {
    return toApiPage(await this.catalog.listClusters(context, query, fromApiPage(query)), toApiCluster);
  }

  @Get(':id')
  @Action('catalog.read')
  @Answers(cluster, { summary: 'One cluster', problems: ['cluster-not-found'] })
  async readCluster(@Call() call: ApiCall, @Param('id', ID) id: ClusterId): Promise<ApiCluster> {
    const found = await this.catalog.findCluster(call.context, id);
    if (!found) throw new CatalogError('cluster-not-found', 'there is no such cluster');
    return withETag(call, toApiCluster(found));
  }

  @Post()
  @Action('center.write')
  @Creates(cluster, {
    summary: 'Add a cluster to a center',
    problems: ['center-not-yours', 'cluster-code-taken'],
  })
  createCluster(@Call() call: ApiCall, @Body({ schema: createCluster }) body: CreateCluster): Promise<ApiCluster> {
    return this.creations.answer(call, {
      create: async (ctx) => {
        const made = toApiCluster(
          await atField({ 'center-not-found': '/center' }, this.registerCluster.execute(ctx, body)),
        );
        return { location: `/v1/clusters/${made.id}`, body: made };
      },
    });
  }

  @Patch(':id')
  @Action('center.write')
  @Answers(cluster, {
    summary: 'Change what is stated of a cluster',
    takesBody: true,
    problems: ['cluster-not-found', 'center-not-yours', 'version-conflict', 'precondition-failed'],
  })
  async updateCluster(
    @Call() call: ApiCall,
    @Param('id', ID) id: ClusterId,
    @Body({ schema: updateCluster }) changes: UpdateCluster,
  ): Promise<ApiCluster> {
    const input = { id, version: versionOfIfMatch(call), changes };
    return withETag(call, toApiCluster(await this.update.execute(call.context, input)));
  }
}

function toApiCluster(cluster: Cluster): ApiCluster {
  const { centerId: _, ...shown } = cluster;
  return {
    ...shown,
    connectorSettings: { ...cluster.connectorSettings },
    facts: { ...cluster.facts },
    sources: { ...cluster.sources },
    createdAt: toApiInstant(cluster.createdAt),
  };
}
