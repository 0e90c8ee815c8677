import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { CenterId, PoolId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, isConstraintViolation, manager, query } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Pool } from '../domain/read-types.js';
import { PoolEntity } from './pool.entity.js';
import { insertRows, pageById, updateVersioned } from './versioned-rows.store.js';

export interface PoolFilter {
  readonly centerId?: CenterId;
  readonly deviceKind?: string;
}

@Injectable()
export class PoolStore {
  /** @throws CatalogError `pool-code-taken` */
  async insert(ctx: TxContext, pool: Pool): Promise<void> {
    try {
      await insertRows(ctx, PoolEntity, [pool]);
    } catch (error) {
      if (!isConstraintViolation(error, 'pool_cluster_id_code_key')) throw error;
      const { code } = pool;
      throw new CatalogError('pool-code-taken', `this cluster has a pool '${code}' already`, { code });
    }
  }

  insertMissing(ctx: TxContext, pools: readonly Pool[]): Promise<void> {
    return insertRows(ctx, PoolEntity, pools, { ignoreTaken: true });
  }

  update(
    ctx: TxContext,
    key: { readonly id: PoolId; readonly version: number | null },
    changes: Partial<Pool>,
  ): Promise<boolean> {
    return updateVersioned(ctx, PoolEntity, key, changes);
  }

  /**
   * The pool, with the lock under which nodes are reserved (invariant 1): until the transaction ends, nobody reserves.
   */
  async lock(ctx: TxContext, id: PoolId): Promise<Pool | null> {
    await query(ctx, 'SELECT id FROM pool WHERE id = $1 FOR NO KEY UPDATE', [id]);
    return this.find(ctx, id);
  }

  /** The most nodes of the pool that stand reserved at any instant from `now` on. */
  async reservedNodesMax(ctx: TxContext, id: PoolId, now: Date): Promise<number> {
    const [row] = await query<{ nodes: string | null }>(
      ctx,
      'SELECT yusuan_reserved_peak($1, NULL, tstzrange($2, NULL)) AS nodes',
      [id, now],
    );
    return Number(row?.nodes ?? 0);
  }

  find(ctx: TxContext, id: PoolId): Promise<Pool | null> {
    return manager(ctx).findOneBy(PoolEntity, { id });
  }

  findByIds(ctx: TxContext, ids: readonly PoolId[]): Promise<Pool[]> {
    return manager(ctx).findBy(PoolEntity, { id: In(ids) });
  }

  list(ctx: TxContext, filter: PoolFilter, page: PageRequest): Promise<Page<Pool>> {
    const { centerId, deviceKind } = filter;
    return pageById(ctx, PoolEntity, { ...(centerId && { centerId }), ...(deviceKind && { deviceKind }) }, page);
  }
}
