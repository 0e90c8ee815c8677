import { Injectable } from '@nestjs/common';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import type { Tenant } from '../domain/read-types.js';
import { TenantStore } from '../persistence/tenant.store.js';
import { CreateTenantService } from './create-tenant.service.js';

const PLATFORM = { code: 'platform', name: 'Platform', kind: 'platform' } as const;

/** The tenant of those who run the broker, made where it is missing. For the broker itself and the shell. */
@Injectable()
export class FindPlatformService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantStore,
    private readonly createTenant: CreateTenantService,
  ) {}

  async execute(context: OperationContext): Promise<Tenant> {
    const found = await this.find(context);
    if (found) return found;
    try {
      return await this.createTenant.execute(context, PLATFORM);
    } catch (error) {
      // Another process made it between the look and the making.
      const made = error instanceof IdentityError ? await this.find(context) : null;
      if (made) return made;
      throw error;
    }
  }

  private find(context: OperationContext): Promise<Tenant | null> {
    const everywhere = { ...context, scope: { ...context.scope, platformAdmin: true } };
    return this.transactions.run(everywhere, (ctx) => this.tenants.findPlatform(ctx));
  }
}
