import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { CenterId, ClusterId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, isConstraintViolation, manager } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Cluster } from '../domain/read-types.js';
import { ClusterEntity } from './cluster.entity.js';
import { insertRows, pageById, updateVersioned } from './versioned-rows.store.js';

@Injectable()
export class ClusterStore {
  /** @throws CatalogError `cluster-code-taken` */
  async insert(ctx: TxContext, cluster: Cluster): Promise<void> {
    try {
      await insertRows(ctx, ClusterEntity, [cluster]);
    } catch (error) {
      if (!isConstraintViolation(error, 'cluster_center_id_code_key')) throw error;
      const { code } = cluster;
      throw new CatalogError('cluster-code-taken', `this center has a cluster '${code}' already`, { code });
    }
  }

  insertMissing(ctx: TxContext, clusters: readonly Cluster[]): Promise<void> {
    return insertRows(ctx, ClusterEntity, clusters, { ignoreTaken: true });
  }

  update(
    ctx: TxContext,
    key: { readonly id: ClusterId; readonly version: number | null },
    changes: Partial<Cluster>,
  ): Promise<boolean> {
    return updateVersioned(ctx, ClusterEntity, key, changes);
  }

  find(ctx: TxContext, id: ClusterId): Promise<Cluster | null> {
    return manager(ctx).findOneBy(ClusterEntity, { id });
  }

  findOfCenters(ctx: TxContext, centerIds: readonly CenterId[]): Promise<Cluster[]> {
    return manager(ctx).findBy(ClusterEntity, { centerId: In(centerIds) });
  }

  list(ctx: TxContext, filter: { readonly centerId?: CenterId }, page: PageRequest): Promise<Page<Cluster>> {
    return pageById(ctx, ClusterEntity, filter.centerId ? { centerId: filter.centerId } : {}, page);
  }
}
