import { Injectable } from '@nestjs/common';
import { InvalidInputError, type TenantId } from '#libs/kernel';
import { Clock, IdSource, type OperationContext, TransactionRunner, nowSeconds } from '#libs/platform';
import { refuseFaultyNames } from '../domain/names.js';
import type { Member } from '../domain/read-types.js';
import { type Role, TENANT_ROLES } from '../domain/roles.js';
import { MemberStore } from '../persistence/member.store.js';
import { TenantReach } from './tenant-reach.js';

export interface AddMemberInput {
  readonly name: string;
  readonly email?: string | null;
  /** Of a tenant's roles: what keys of this member may carry. */
  readonly roles: readonly Role[];
  /** Default: the caller's own. */
  readonly tenantId?: TenantId | null;
}

@Injectable()
export class AddMemberService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reach: TenantReach,
    private readonly members: MemberStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws IdentityError `member-email-taken`, `tenant-not-found`; InvalidInputError */
  async execute(context: OperationContext, input: AddMemberInput): Promise<Member> {
    refuseFaultyNames({ name: input.name });
    refuseOtherRoles(input.roles);
    const tenant = await this.reach.find(context, input.tenantId ?? null);
    const member: Member = {
      id: this.ids.next(),
      tenantId: tenant.id,
      name: input.name,
      email: input.email?.toLowerCase() ?? null,
      roles: [...new Set(input.roles)],
      createdAt: nowSeconds(this.clock),
      removedAt: null,
    };
    await this.transactions.run(this.reach.contextFor(context, tenant.id), (ctx) => this.members.insert(ctx, member));
    return member;
  }
}

function refuseOtherRoles(roles: readonly Role[]): void {
  const allowed: readonly Role[] = TENANT_ROLES;
  if (roles.length > 0 && roles.every((role) => allowed.includes(role))) return;
  throw new InvalidInputError([{ path: '/roles', message: `name at least one of ${TENANT_ROLES.join(', ')}` }]);
}
