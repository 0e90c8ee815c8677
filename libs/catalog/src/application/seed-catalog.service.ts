import { Injectable } from '@nestjs/common';
import { type CenterId, type EpochSeconds, type PoolId, toEpochSeconds } from '#libs/kernel';
import { Clock, IdSource, type OperationContext, TransactionRunner, type TxContext, nowSeconds } from '#libs/platform';
import type { Center, Cluster } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { ClusterStore } from '../persistence/cluster.store.js';
import { PoolStore } from '../persistence/pool.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';
import { type SeedData, readSeedData } from './seed-data.js';

/** Puts the known centers and what belongs to them into the catalog. Whatever stands there by its code stays as it is. */
@Injectable()
export class SeedCatalogService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly clusters: ClusterStore,
    private readonly pools: PoolStore,
    private readonly reference: ReferenceStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** Safe to run again, and by several processes at once. */
  async execute(context: OperationContext): Promise<void> {
    const seed = readSeedData();
    const createdAt = nowSeconds(this.clock);
    await this.transactions.run(context, async (ctx) => {
      await this.reference.insertMissingDeviceKinds(
        ctx,
        seed.deviceKinds.map((kind) => ({ ...kind, createdAt })),
      );
      await this.reference.insertMissingGridFactors(
        ctx,
        seed.gridFactors.map((factor) => ({ ...factor, createdAt })),
      );
      const centers = await this.seedCenters(ctx, seed, createdAt);
      const clusters = await this.seedClusters(ctx, seed, centers, createdAt);
      await this.seedPools(ctx, seed, clusters, createdAt);
      await this.seedTariffs(ctx, seed, centers, createdAt);
    });
  }

  private async seedCenters(ctx: TxContext, seed: SeedData, createdAt: EpochSeconds): Promise<Map<string, Center>> {
    // The list is newest first, so the first center of the file gets the last id.
    const rows = seed.centers
      .toReversed()
      .map((center) => ({ ...center, id: this.ids.next<CenterId>(), version: 1, createdAt }));
    await this.centers.insertMissing(ctx, rows);
    const found = await this.centers.findByCodes(
      ctx,
      seed.centers.map((center) => center.code),
    );
    return new Map(found.map((center) => [center.code, center]));
  }

  private async seedClusters(
    ctx: TxContext,
    seed: SeedData,
    centers: Map<string, Center>,
    createdAt: EpochSeconds,
  ): Promise<Map<string, Cluster>> {
    const rows = seed.clusters.map(({ center, ...cluster }) => ({
      ...cluster,
      id: this.ids.next<Cluster['id']>(),
      centerId: wanted(centers, center).id,
      centerCode: center,
      connector: null,
      connectorSettings: {},
      version: 1,
      createdAt,
    }));
    await this.clusters.insertMissing(ctx, rows);
    const found = await this.clusters.findOfCenters(
      ctx,
      [...centers.values()].map((center) => center.id),
    );
    return new Map(found.map((cluster) => [`${cluster.centerCode}/${cluster.code}`, cluster]));
  }

  private async seedPools(
    ctx: TxContext,
    seed: SeedData,
    clusters: Map<string, Cluster>,
    createdAt: EpochSeconds,
  ): Promise<void> {
    const rows = seed.pools.map(({ center, cluster, ...pool }) => {
      const { id: clusterId, centerId } = wanted(clusters, `${center}/${cluster}`);
      const belongs = { clusterId, clusterCode: cluster, centerId, centerCode: center, connector: null };
      return { ...pool, ...belongs, id: this.ids.next<PoolId>(), version: 1, createdAt };
    });
    await this.pools.insertMissing(ctx, rows);
  }

  private async seedTariffs(
    ctx: TxContext,
    seed: SeedData,
    centers: Map<string, Center>,
    createdAt: EpochSeconds,
  ): Promise<void> {
    const rows = seed.tariffs.map(({ center, validFrom, ...tariff }) => ({
      ...tariff,
      id: this.ids.next<string>(),
      centerId: wanted(centers, center).id,
      centerCode: center,
      validFrom: toEpochSeconds(new Date(validFrom)),
      createdAt,
    }));
    await this.reference.insertMissingTariffs(ctx, rows);
  }
}

function wanted<T>(known: Map<string, T>, code: string): T {
  const found = known.get(code);
  if (found === undefined) throw new Error(`the seed names '${code}', which it does not have`);
  return found;
}
