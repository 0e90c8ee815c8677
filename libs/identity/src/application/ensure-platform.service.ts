import { Injectable } from '@nestjs/common';
import { Clock, type OperationContext, TransactionRunner, asTenant, nowSeconds } from '#libs/platform';
import type { Tenant } from '../domain/read-types.js';
import { ApiKeyStore } from '../persistence/api-key.store.js';
import { FindPlatformService } from './find-platform.service.js';
import { IssueApiKeyService } from './issue-api-key.service.js';
import { adminGrant } from './make-admin-key.service.js';

export interface Platform {
  readonly tenant: Tenant;
  /** The first administrator's key, this once; null where an administrator has one that works. */
  readonly key: string | null;
}

/** At the broker's start: sees to it that the platform's tenant exists and somebody can administer it. */
@Injectable()
export class EnsurePlatformService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly findPlatform: FindPlatformService,
    private readonly keys: ApiKeyStore,
    private readonly issueKey: IssueApiKeyService,
    private readonly clock: Clock,
  ) {}

  /** Safe to run again, and by several processes at once: one of them gets the key. */
  async execute(context: OperationContext): Promise<Platform> {
    const tenant = await this.findPlatform.execute(context);
    const key = await this.transactions.run(asTenant(context, tenant.id), async (ctx) => {
      await this.keys.lockFirstAdminKey(ctx);
      if (await this.keys.hasAdminKey(ctx, nowSeconds(this.clock))) return null;
      return (await this.issueKey.execute(ctx, adminGrant(tenant.id, 'first administrator'))).key;
    });
    return { tenant, key };
  }
}
