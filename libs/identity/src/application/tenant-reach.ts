import { Injectable } from '@nestjs/common';
import type { TenantId } from '#libs/kernel';
import { type OperationContext, TransactionRunner, asTenant } from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import type { Tenant } from '../domain/read-types.js';
import { TenantStore } from '../persistence/tenant.store.js';

/** Everybody reaches the own tenant; a platform administrator, each. To others no other tenant exists. */
@Injectable()
export class TenantReach {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantStore,
  ) {}

  /** @throws IdentityError `tenant-not-found` */
  async find(context: OperationContext, tenantId: TenantId | null): Promise<Tenant> {
    const own = context.scope.tenantId;
    const tenant = await this.transactions.run(context, (ctx) =>
      tenantId === null || tenantId === own ? this.tenants.findOwn(ctx) : this.tenants.findInDirectory(ctx, tenantId),
    );
    if (tenant) return tenant;
    throw new IdentityError('tenant-not-found', 'there is no such tenant', tenantId === null ? {} : { id: tenantId });
  }

  /** The context in which to act for a tenant that {@link find} found: as it is for the own, else that tenant's. */
  contextFor(context: OperationContext, tenantId: TenantId): OperationContext {
    return context.scope.tenantId === tenantId ? context : asTenant(context, tenantId);
  }
}
