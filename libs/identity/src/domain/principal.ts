import type { ApiKeyId, CenterId, MemberId, TenantId } from '#libs/kernel';
import type { OperationContext, Scope } from '#libs/platform';
import type { TenantKind } from './read-types.js';
import type { Role } from './roles.js';

/** Who calls: a valid key and what it carries. */
export interface Principal {
  readonly keyId: ApiKeyId;
  readonly tenantId: TenantId;
  readonly tenantCode: string;
  readonly tenantKind: TenantKind;
  readonly memberId: MemberId | null;
  /** The key's. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Empty unless it is a center operator's. */
  readonly centerIds: readonly CenterId[];
}

/** What the database lets this caller see and add: its own tenant, and what its centers did. */
export function scopeOf(principal: Principal): Scope {
  return {
    tenantId: principal.tenantId,
    writeTenantIds: [principal.tenantId],
    centerIds: principal.roles.includes('centerOperator') ? principal.centerIds : [],
    platformAdmin: isPlatformAdmin(principal),
  };
}

export function contextOf(principal: Principal, requestId: string): OperationContext {
  return { actor: { kind: 'apiKey', id: principal.keyId }, requestId, scope: scopeOf(principal) };
}

/** The role counts only on a key of the platform's own tenant. */
export function isPlatformAdmin(principal: Pick<Principal, 'roles' | 'tenantKind'>): boolean {
  return principal.roles.includes('platformAdmin') && principal.tenantKind === 'platform';
}
