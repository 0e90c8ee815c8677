import { Injectable } from '@nestjs/common';
import type { TenantId } from '#libs/kernel';
import { type OperationContext, TransactionRunner, asTenant } from '#libs/platform';
import { FindPlatformService } from './find-platform.service.js';
import { IssueApiKeyService, type IssuedApiKey } from './issue-api-key.service.js';

/** A new administrator's key, for a person at the server's shell. Others stay as they are. */
@Injectable()
export class MakeAdminKeyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly findPlatform: FindPlatformService,
    private readonly issueKey: IssueApiKeyService,
  ) {}

  async execute(context: OperationContext): Promise<IssuedApiKey> {
    const tenant = await this.findPlatform.execute(context);
    return this.transactions.run(asTenant(context, tenant.id), (ctx) =>
      this.issueKey.execute(ctx, adminGrant(tenant.id, "administrator, from the server's shell")),
    );
  }
}

export function adminGrant(tenantId: TenantId, name: string) {
  return { tenantId, name, roles: ['platformAdmin'], centerIds: [], expiresAt: null, memberId: null } as const;
}
