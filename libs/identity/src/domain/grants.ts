import { type CenterId, type EpochSeconds, type FieldFault, InvalidInputError } from '#libs/kernel';
import { IdentityError } from './identity.errors.js';
import { type Principal, isPlatformAdmin } from './principal.js';
import type { Member, TenantKind } from './read-types.js';
import { ROLES, type Role, TENANT_ROLES, withIncludedRoles } from './roles.js';

/** What a key is to carry. */
export interface Grant {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly centerIds: readonly CenterId[];
  readonly expiresAt: EpochSeconds | null;
}

/** @throws InvalidInputError with everything that is wrong with the grant itself. */
export function refuseFaultyGrant(grant: Grant, now: EpochSeconds): void {
  const faults: FieldFault[] = [];
  const refuse = (path: string, message: string) => faults.push({ path, message });
  const isOperator = grant.roles.includes('centerOperator');
  if (grant.name.trim() === '') refuse('/name', 'name the key after what uses it');
  if (grant.roles.length === 0 || !grant.roles.every((role) => ROLES.includes(role)))
    refuse('/roles', `name at least one of ${ROLES.join(', ')}`);
  if (new Set(grant.roles).size < grant.roles.length) refuse('/roles', 'name each role once');
  if (isOperator && grant.centerIds.length === 0) refuse('/centers', 'name the centers that the key operates');
  if (!isOperator && grant.centerIds.length > 0)
    refuse('/centers', 'only a key with the role centerOperator has centers');
  if (grant.expiresAt !== null && grant.expiresAt <= now) refuse('/expiresAt', 'must lie in the future');
  if (faults.length > 0) throw new InvalidInputError(faults);
}

/** The roles that this caller may give to keys of a tenant of this kind. */
export function grantableRoles(
  giver: Pick<Principal, 'roles' | 'tenantKind'>,
  tenantKind: TenantKind,
): readonly Role[] {
  if (isPlatformAdmin(giver)) return ROLES.filter((role) => role !== 'platformAdmin' || tenantKind === 'platform');
  return giver.roles.includes('owner') ? TENANT_ROLES : [];
}

/** @throws IdentityError `role-not-grantable`: no key gives more than its holder may give. */
export function refuseUngrantableRoles(
  giver: Pick<Principal, 'roles' | 'tenantKind'>,
  tenantKind: TenantKind,
  roles: readonly Role[],
): void {
  const allowed = grantableRoles(giver, tenantKind);
  const refused = roles.filter((role) => !allowed.includes(role));
  if (refused.length === 0) return;
  throw new IdentityError('role-not-grantable', `this key cannot give the role ${refused.join(', ')} here`, {
    roles: refused,
    grantable: allowed,
  });
}

/** @throws InvalidInputError where a member's key would carry more than the member's roles include. */
export function refuseBeyondMember(member: Member | null, roles: readonly Role[]): void {
  if (member === null || member.removedAt !== null)
    throw new InvalidInputError([{ path: '/memberId', message: 'name a member of this tenant' }]);
  const included = withIncludedRoles(member.roles);
  const beyond = roles.filter((role) => !included.has(role));
  if (beyond.length > 0)
    throw new InvalidInputError([{ path: '/roles', message: `this member has not the role ${beyond.join(', ')}` }]);
}
