import { Injectable } from '@nestjs/common';
import type { MemberId, TenantId } from '#libs/kernel';
import { Clock, EventStore, IdSource, type TxContext, nowSeconds } from '#libs/platform';
import type { Grant } from '../domain/grants.js';
import { hashOfKey, newKeyText, prefixOfKey } from '../domain/key-text.js';
import type { ApiKey } from '../domain/read-types.js';
import { ApiKeyStore } from '../persistence/api-key.store.js';
import { SecretBytes } from './secret-bytes.js';

export interface IssuedApiKey {
  readonly apiKey: ApiKey;
  /** Shown once: nothing keeps it. */
  readonly key: string;
}

/** Makes the key and keeps its hash. Who may have it was decided before. */
@Injectable()
export class IssueApiKeyService {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly events: EventStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
    private readonly secrets: SecretBytes,
  ) {}

  async execute(
    ctx: TxContext,
    input: Grant & { readonly tenantId: TenantId; readonly memberId: MemberId | null },
  ): Promise<IssuedApiKey> {
    const { tenantId, memberId, name, roles, centerIds, expiresAt } = input;
    const key = newKeyText((count) => this.secrets.take(count));
    const apiKey: ApiKey = {
      id: this.ids.next(),
      tenantId,
      memberId,
      name,
      prefix: prefixOfKey(key),
      roles,
      centerIds,
      createdAt: nowSeconds(this.clock),
      expiresAt,
      revokedAt: null,
    };
    await this.keys.insert(ctx, apiKey, hashOfKey(key));
    await this.events.record(ctx, {
      tenantId,
      subjectType: 'apiKey',
      subjectId: apiKey.id,
      seq: 1,
      type: 'apiKey.created',
      toState: 'active',
      data: { name, prefix: apiKey.prefix, roles, centerIds, memberId, expiresAt },
    });
    return { apiKey, key };
  }
}
