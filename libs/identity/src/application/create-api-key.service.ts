import { Injectable } from '@nestjs/common';
import type { CenterId, EpochSeconds, MemberId, TenantId } from '#libs/kernel';
import { Clock, type OperationContext, TransactionRunner, nowSeconds } from '#libs/platform';
import { type Grant, refuseBeyondMember, refuseFaultyGrant, refuseUngrantableRoles } from '../domain/grants.js';
import type { Principal } from '../domain/principal.js';
import type { Role } from '../domain/roles.js';
import { MemberStore } from '../persistence/member.store.js';
import { IssueApiKeyService, type IssuedApiKey } from './issue-api-key.service.js';
import { TenantReach } from './tenant-reach.js';

export interface CreateApiKeyInput {
  readonly name: string;
  readonly roles: readonly Role[];
  /** For the role centerOperator, and only for it. */
  readonly centerIds?: readonly CenterId[];
  /** Default: the caller's own. */
  readonly tenantId?: TenantId | null;
  /** Whose key it is: it carries no more than this member's roles. */
  readonly memberId?: MemberId | null;
  readonly expiresAt?: EpochSeconds | null;
}

@Injectable()
export class CreateApiKeyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reach: TenantReach,
    private readonly members: MemberStore,
    private readonly issueKey: IssueApiKeyService,
    private readonly clock: Clock,
  ) {}

  /**
   * @param giver who asks: the key made carries no role that the giver may not give
   * @throws IdentityError `role-not-grantable`, `tenant-not-found`; InvalidInputError
   */
  async execute(
    context: OperationContext,
    giver: Pick<Principal, 'roles' | 'tenantKind'>,
    input: CreateApiKeyInput,
  ): Promise<IssuedApiKey> {
    const grant: Grant = {
      name: input.name,
      roles: input.roles,
      centerIds: [...new Set(input.centerIds)],
      expiresAt: input.expiresAt ?? null,
    };
    refuseFaultyGrant(grant, nowSeconds(this.clock));
    const tenant = await this.reach.find(context, input.tenantId ?? null);
    refuseUngrantableRoles(giver, tenant.kind, grant.roles);
    const memberId = input.memberId ?? null;
    return this.transactions.run(this.reach.contextFor(context, tenant.id), async (ctx) => {
      if (memberId !== null) refuseBeyondMember(await this.members.find(ctx, memberId), grant.roles);
      return this.issueKey.execute(ctx, { ...grant, tenantId: tenant.id, memberId });
    });
  }
}
