import { Injectable } from '@nestjs/common';
import type { CenterId, ClusterId, PoolId } from '#libs/kernel';
import { type OperationContext, type Page, type PageRequest, TransactionRunner, type TxContext } from '#libs/platform';
import type { Center, Cluster, DeviceKind, GridFactor, Pool, PoolSite, Tariff } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ClusterStore } from '../persistence/cluster.store.js';
import { PoolSiteStore } from '../persistence/pool-site.store.js';
import { PoolStore } from '../persistence/pool.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';

const EMPTY: Page<never> = { items: [], nextCursor: null };

/** The catalog is everybody's to read. A filter by an unknown center finds nothing. */
@Injectable()
export class CatalogQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly clusters: ClusterStore,
    private readonly pools: PoolStore,
    private readonly reference: ReferenceStore,
    private readonly sites: PoolSiteStore,
  ) {}

  listCenters(context: OperationContext, page: PageRequest): Promise<Page<Center>> {
    return this.transactions.run(context, (ctx) => this.centers.list(ctx, page));
  }

  findCenter(context: OperationContext, code: string): Promise<Center | null> {
    return this.transactions.run(context, (ctx) => this.centers.findByCode(ctx, code));
  }

  centersByIds(context: OperationContext, ids: readonly CenterId[]): Promise<Map<CenterId, Center>> {
    return this.transactions.run(context, async (ctx) => byId(await this.centers.findByIds(ctx, ids)));
  }

  /** In no order. Codes that name no center are missing from the answer. */
  centersByCodes(context: OperationContext, codes: readonly string[]): Promise<Center[]> {
    return this.transactions.run(context, (ctx) => this.centers.findByCodes(ctx, codes));
  }

  listClusters(
    context: OperationContext,
    filter: { readonly center?: string },
    page: PageRequest,
  ): Promise<Page<Cluster>> {
    return this.ofCenter(context, filter.center, (ctx, centerId) => this.clusters.list(ctx, { ...centerId }, page));
  }

  findCluster(context: OperationContext, id: ClusterId): Promise<Cluster | null> {
    return this.transactions.run(context, (ctx) => this.clusters.find(ctx, id));
  }

  listPools(
    context: OperationContext,
    filter: { readonly center?: string; readonly deviceKind?: string },
    page: PageRequest,
  ): Promise<Page<Pool>> {
    const { center, ...rest } = filter;
    return this.ofCenter(context, center, (ctx, centerId) => this.pools.list(ctx, { ...rest, ...centerId }, page));
  }

  findPool(context: OperationContext, id: PoolId): Promise<Pool | null> {
    return this.transactions.run(context, (ctx) => this.pools.find(ctx, id));
  }

  poolsByIds(context: OperationContext, ids: readonly PoolId[]): Promise<Map<PoolId, Pool>> {
    return this.transactions.run(context, async (ctx) => byId(await this.pools.findByIds(ctx, ids)));
  }

  listDeviceKinds(context: OperationContext, page: PageRequest): Promise<Page<DeviceKind>> {
    return this.transactions.run(context, (ctx) => this.reference.listDeviceKinds(ctx, page));
  }

  listTariffs(
    context: OperationContext,
    filter: { readonly center?: string },
    page: PageRequest,
  ): Promise<Page<Tariff>> {
    return this.ofCenter(context, filter.center, (ctx, centerId) =>
      this.reference.listTariffs(ctx, { ...centerId }, page),
    );
  }

  listGridFactors(
    context: OperationContext,
    filter: { readonly region?: string },
    page: PageRequest,
  ): Promise<Page<GridFactor>> {
    return this.transactions.run(context, (ctx) => this.reference.listGridFactors(ctx, filter, page));
  }

  /** What metering, quoting and planning need to know of each pool's site; pools that do not exist are missing. */
  sitesOfPools(context: OperationContext, poolIds: readonly PoolId[]): Promise<Map<PoolId, PoolSite>> {
    return this.transactions.run(context, (ctx) => this.sites.sitesOfPools(ctx, poolIds));
  }

  private ofCenter<T>(
    context: OperationContext,
    code: string | undefined,
    list: (ctx: TxContext, filter: { readonly centerId?: CenterId }) => Promise<Page<T>>,
  ): Promise<Page<T>> {
    return this.transactions.run(context, async (ctx) => {
      if (code === undefined) return list(ctx, {});
      const center = await this.centers.findByCode(ctx, code);
      return center ? list(ctx, { centerId: center.id }) : EMPTY;
    });
  }
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): Map<Item['id'], Item> {
  return new Map(items.map((item) => [item.id, item]));
}
