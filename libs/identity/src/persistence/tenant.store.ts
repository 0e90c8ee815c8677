import { Injectable } from '@nestjs/common';
import type { TenantId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, isConstraintViolation, manager } from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import type { Tenant } from '../domain/read-types.js';
import { insertRow, pageById, tenantOf } from './tenant-rows.store.js';
import { TenantDirectoryEntity, TenantEntity } from './tenant.entity.js';

@Injectable()
export class TenantStore {
  /** @throws IdentityError `tenant-code-taken` */
  async insert(ctx: TxContext, tenant: Tenant): Promise<void> {
    try {
      await insertRow(ctx, TenantEntity, tenant);
    } catch (error) {
      if (!isConstraintViolation(error, 'tenant_code_key') && !isConstraintViolation(error, 'tenant_one_platform'))
        throw error;
      const { code } = tenant;
      throw new IdentityError('tenant-code-taken', `a tenant '${code}' exists already`, { code });
    }
  }

  findOwn(ctx: TxContext): Promise<Tenant | null> {
    return manager(ctx).findOneBy(TenantEntity, { id: tenantOf(ctx) });
  }

  /** Of all tenants; finds nothing unless the scope is a platform administrator's. */
  findInDirectory(ctx: TxContext, id: TenantId): Promise<Tenant | null> {
    return manager(ctx).findOneBy(TenantDirectoryEntity, { id });
  }

  findPlatform(ctx: TxContext): Promise<Tenant | null> {
    return manager(ctx).findOneBy(TenantDirectoryEntity, { kind: 'platform' });
  }

  listDirectory(ctx: TxContext, page: PageRequest): Promise<Page<Tenant>> {
    return pageById(ctx, TenantDirectoryEntity, {}, page);
  }
}
