import { Injectable } from '@nestjs/common';
import type { ApiKeyId } from '#libs/kernel';
import {
  Clock,
  EventStore,
  type OperationContext,
  TransactionRunner,
  type TxContext,
  asTenant,
  nowSeconds,
} from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import type { ApiKey } from '../domain/read-types.js';
import { ApiKeyStore } from '../persistence/api-key.store.js';

/** Ends a key at once. Revoking it again changes nothing. */
@Injectable()
export class RevokeApiKeyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: ApiKeyStore,
    private readonly events: EventStore,
    private readonly clock: Clock,
  ) {}

  /** @throws IdentityError `api-key-not-found`, also for a key of another tenant unless a platform administrator asks. */
  async execute(context: OperationContext, id: ApiKeyId): Promise<ApiKey> {
    const elsewhere = context.scope.platformAdmin ? await this.tenantElsewhere(context, id) : null;
    return this.transactions.run(elsewhere ?? context, async (ctx) => {
      if ((await this.keys.revoke(ctx, id, nowSeconds(this.clock))) === 1) await this.recordRevoked(ctx, id);
      const key = await this.keys.find(ctx, id);
      if (!key) throw new IdentityError('api-key-not-found', 'there is no such key', { id });
      return key;
    });
  }

  /** Null where the key is of the caller's own tenant, or of none. */
  private async tenantElsewhere(context: OperationContext, id: ApiKeyId): Promise<OperationContext | null> {
    const tenantId = await this.transactions.run(context, (ctx) => this.keys.findTenantOfKey(ctx, id));
    return tenantId === null || tenantId === context.scope.tenantId ? null : asTenant(context, tenantId);
  }

  private async recordRevoked(ctx: TxContext, id: ApiKeyId): Promise<void> {
    await this.events.record(ctx, {
      tenantId: ctx.scope.tenantId,
      subjectType: 'apiKey',
      subjectId: id,
      seq: 2,
      type: 'apiKey.revoked',
      fromState: 'active',
      toState: 'revoked',
    });
  }
}
