import { Injectable } from '@nestjs/common';
import type { TenantId } from '#libs/kernel';
import {
  Clock,
  EventStore,
  IdSource,
  type OperationContext,
  TransactionRunner,
  asTenant,
  nowSeconds,
} from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import { refuseFaultyNames } from '../domain/names.js';
import type { Tenant, TenantKind } from '../domain/read-types.js';
import { TenantStore } from '../persistence/tenant.store.js';

export interface CreateTenantInput {
  /** Given by a caller that makes more of the tenant's in the same transaction: a context that may write this tenant. */
  readonly id?: TenantId;
  readonly code: string;
  readonly name: string;
  /** Default `customer`. There is one `platform`, which the broker makes at its first start. */
  readonly kind?: TenantKind;
}

@Injectable()
export class CreateTenantService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantStore,
    private readonly events: EventStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws IdentityError `tenant-code-taken`, `role-not-grantable` unless a platform administrator asks; InvalidInputError */
  async execute(context: OperationContext, input: CreateTenantInput): Promise<Tenant> {
    if (context.actor.kind === 'apiKey' && !context.scope.platformAdmin)
      throw new IdentityError('role-not-grantable', 'only a platform administrator makes tenants');
    refuseFaultyNames(input);
    const { code, name, kind = 'customer' } = input;
    const id = input.id ?? this.ids.next<TenantId>();
    const tenant: Tenant = { id, code, name, kind, createdAt: nowSeconds(this.clock) };
    const scoped = context.scope.writeTenantIds.includes(id) ? context : asTenant(context, id);
    await this.transactions.run(scoped, async (ctx) => {
      await this.tenants.insert(ctx, tenant);
      await this.events.record(ctx, {
        tenantId: id,
        subjectType: 'tenant',
        subjectId: id,
        seq: 1,
        type: 'tenant.created',
        data: { code, name, kind },
      });
    });
    return tenant;
  }
}
