import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { CenterId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, isConstraintViolation, manager } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { Center } from '../domain/read-types.js';
import { CenterEntity } from './center.entity.js';
import { insertRows, pageById, updateVersioned } from './versioned-rows.store.js';

@Injectable()
export class CenterStore {
  /** @throws CatalogError `center-code-taken` */
  async insert(ctx: TxContext, center: Center): Promise<void> {
    try {
      await insertRows(ctx, CenterEntity, [center]);
    } catch (error) {
      if (!isConstraintViolation(error, 'center_code_key')) throw error;
      throw new CatalogError('center-code-taken', `a center '${center.code}' exists already`, { code: center.code });
    }
  }

  /** Leaves alone what has the same code. */
  insertMissing(ctx: TxContext, centers: readonly Center[]): Promise<void> {
    return insertRows(ctx, CenterEntity, centers, { ignoreTaken: true });
  }

  /** @returns false where another version stands there */
  update(
    ctx: TxContext,
    key: { readonly id: CenterId; readonly version: number | null },
    changes: Partial<Center>,
  ): Promise<boolean> {
    return updateVersioned(ctx, CenterEntity, key, changes);
  }

  findByCode(ctx: TxContext, code: string): Promise<Center | null> {
    return manager(ctx).findOneBy(CenterEntity, { code });
  }

  findByIds(ctx: TxContext, ids: readonly CenterId[]): Promise<Center[]> {
    return manager(ctx).findBy(CenterEntity, { id: In(ids) });
  }

  findByCodes(ctx: TxContext, codes: readonly string[]): Promise<Center[]> {
    return manager(ctx).findBy(CenterEntity, { code: In(codes) });
  }

  list(ctx: TxContext, page: PageRequest): Promise<Page<Center>> {
    return pageById(ctx, CenterEntity, {}, page);
  }
}
