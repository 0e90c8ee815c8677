import { Injectable } from '@nestjs/common';
import type { CenterId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, decodeKeys, manager, pageByKeys } from '#libs/platform';
import type { DeviceKind, GridFactor, Tariff } from '../domain/read-types.js';
import { DeviceKindEntity } from './device-kind.entity.js';
import { GridFactorEntity } from './grid-factor.entity.js';
import { TariffEntity } from './tariff.entity.js';
import { insertRows, pageById } from './versioned-rows.store.js';

/** Device kinds, grid factors and tariffs: what pools and centers refer to. */
@Injectable()
export class ReferenceStore {
  insertMissingDeviceKinds(ctx: TxContext, kinds: readonly DeviceKindEntity[]): Promise<void> {
    return insertRows(ctx, DeviceKindEntity, kinds, { ignoreTaken: true });
  }

  insertMissingGridFactors(ctx: TxContext, factors: readonly GridFactorEntity[]): Promise<void> {
    return insertRows(ctx, GridFactorEntity, factors, { ignoreTaken: true });
  }

  insertMissingTariffs(ctx: TxContext, tariffs: readonly Tariff[]): Promise<void> {
    return insertRows(ctx, TariffEntity, tariffs, { ignoreTaken: true });
  }

  /** Puts a tariff in the place of the one that its center has from the same instant, if any; that one keeps its id. */
  async putTariff(ctx: TxContext, tariff: Tariff): Promise<Tariff> {
    const { centerId, validFrom } = tariff;
    await manager(ctx)
      .createQueryBuilder()
      .insert()
      .into(TariffEntity)
      .values(tariff)
      .orUpdate(['currency', 'bands', 'representative', 'source'], ['center_id', 'valid_from'])
      .updateEntity(false)
      .execute();
    return manager(ctx).findOneByOrFail(TariffEntity, { centerId, validFrom });
  }

  hasDeviceKind(ctx: TxContext, code: string): Promise<boolean> {
    return manager(ctx).existsBy(DeviceKindEntity, { code });
  }

  async hasGridRegion(ctx: TxContext, region: string): Promise<boolean> {
    return manager(ctx).existsBy(GridFactorEntity, { region });
  }

  /** By code. */
  async listDeviceKinds(ctx: TxContext, page: PageRequest): Promise<Page<DeviceKind>> {
    const list = manager(ctx).createQueryBuilder(DeviceKindEntity, 'kind').orderBy('kind.code');
    if (page.cursor !== null) {
      const [code] = decodeKeys(page.cursor, ['text']);
      list.where('kind.code > :code', { code });
    }
    return pageByKeys(await list.limit(page.limit + 1).getMany(), page.limit, (kind) => [kind.code]);
  }

  /** By region, the newest year first. */
  async listGridFactors(
    ctx: TxContext,
    filter: { readonly region?: string },
    page: PageRequest,
  ): Promise<Page<GridFactor>> {
    const list = manager(ctx)
      .createQueryBuilder(GridFactorEntity, 'factor')
      .orderBy({ 'factor.region': 'ASC', 'factor.year': 'DESC', 'factor.method': 'ASC' });
    if (filter.region !== undefined) list.andWhere('factor.region = :only', { only: filter.region });
    if (page.cursor !== null) {
      const [region, year, method] = decodeKeys(page.cursor, ['text', 'integer', 'text']);
      list.andWhere('(factor.region, -factor.year, factor.method) > (:region, -(:year)::integer, :method)', {
        region,
        year,
        method,
      });
    }
    const rows = await list.limit(page.limit + 1).getMany();
    return pageByKeys(rows, page.limit, (factor) => [factor.region, factor.year, factor.method]);
  }

  listTariffs(ctx: TxContext, filter: { readonly centerId?: CenterId }, page: PageRequest): Promise<Page<Tariff>> {
    return pageById(ctx, TariffEntity, filter.centerId ? { centerId: filter.centerId } : {}, page);
  }
}
