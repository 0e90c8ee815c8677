import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CatalogQueries } from './application/catalog-queries.service.js';
import { RegisterCenterService } from './application/register-center.service.js';
import { RegisterClusterService } from './application/register-cluster.service.js';
import { RegisterPoolService } from './application/register-pool.service.js';
import { SeedCatalogService } from './application/seed-catalog.service.js';
import { SetTariffService } from './application/set-tariff.service.js';
import { UpdateCenterService } from './application/update-center.service.js';
import { UpdateClusterService } from './application/update-cluster.service.js';
import { UpdatePoolService } from './application/update-pool.service.js';
import { CenterEntity } from './persistence/center.entity.js';
import { CenterStore } from './persistence/center.store.js';
import { ClusterEntity } from './persistence/cluster.entity.js';
import { ClusterStore } from './persistence/cluster.store.js';
import { DeviceKindEntity } from './persistence/device-kind.entity.js';
import { GridFactorEntity } from './persistence/grid-factor.entity.js';
import { PoolSiteStore } from './persistence/pool-site.store.js';
import { PoolEntity } from './persistence/pool.entity.js';
import { PoolStore } from './persistence/pool.store.js';
import { ReferenceStore } from './persistence/reference.store.js';
import { TariffEntity } from './persistence/tariff.entity.js';

const ENTITIES = [CenterEntity, ClusterEntity, PoolEntity, DeviceKindEntity, GridFactorEntity, TariffEntity];
const STORES = [CenterStore, ClusterStore, PoolStore, ReferenceStore, PoolSiteStore];
const USE_CASES = [
  CatalogQueries,
  RegisterCenterService,
  UpdateCenterService,
  RegisterClusterService,
  UpdateClusterService,
  RegisterPoolService,
  UpdatePoolService,
  SetTariffService,
  SeedCatalogService,
];

@Module({
  imports: [TypeOrmModule.forFeature(ENTITIES)],
  providers: [...STORES, ...USE_CASES],
  exports: USE_CASES,
})
export class CatalogModule {}
