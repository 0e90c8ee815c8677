import { describe, expect, it } from 'vitest';
import { type CenterId, InvalidInputError } from '#libs/kernel';
import { type Grant, grantableRoles, refuseBeyondMember, refuseFaultyGrant, refuseUngrantableRoles } from './grants.js';
import { IdentityError } from './identity.errors.js';
import { scopeOf } from './principal.js';
import type { Member } from './read-types.js';
import { ROLES, type Role, TENANT_ROLES } from './roles.js';

const grant: Grant = { name: 'ci', roles: ['submitter'], centerIds: [], expiresAt: null };
const CENTER = 'c' as CenterId;
const member = { roles: ['submitter'], removedAt: null } as unknown as Member;

function pathsRefused(attempt: () => void): string[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.faults.map((fault) => fault.path);
    throw error;
  }
  return [];
}

describe('a grant', () => {
  it('is refused with all its faults', () => {
    expect(() => refuseFaultyGrant(grant, 100)).not.toThrow();
    expect(() =>
      refuseFaultyGrant({ ...grant, roles: ['centerOperator'], centerIds: [CENTER], expiresAt: 101 }, 100),
    ).not.toThrow();
    const faulty = { name: ' ', roles: ['boss' as Role, 'boss' as Role], centerIds: [CENTER], expiresAt: 100 };
    const paths = ['/name', '/roles', '/roles', '/centers', '/expiresAt'];
    expect(pathsRefused(() => refuseFaultyGrant(faulty, 100))).toEqual(paths);
    expect(() => refuseFaultyGrant({ ...grant, roles: [] }, 0)).toThrow(InvalidInputError);
    expect(() => refuseFaultyGrant({ ...grant, roles: ['centerOperator'] }, 0)).toThrow(/\/centers/);
  });

  it.each([
    ['platformAdmin', 'platform', 'platform', ROLES],
    ['platformAdmin', 'platform', 'customer', ROLES.filter((role) => role !== 'platformAdmin')],
    ['platformAdmin', 'customer', 'customer', []],
    ['owner', 'customer', 'customer', TENANT_ROLES],
    ['centerOperator', 'platform', 'platform', []],
    ['submitter', 'customer', 'customer', []],
    ['finance', 'customer', 'customer', []],
    ['auditor', 'customer', 'customer', []],
  ] as const)('by a %s of a %s tenant to a key of a %s tenant may hold %j', (role, giverKind, kind, allowed) => {
    const giver = { roles: [role], tenantKind: giverKind };
    expect(grantableRoles(giver, kind)).toEqual(allowed);
    for (const wanted of ROLES) {
      const attempt = () => refuseUngrantableRoles(giver, kind, [wanted]);
      if ((allowed as readonly Role[]).includes(wanted)) expect(attempt).not.toThrow();
      else expect(attempt).toThrow(IdentityError);
    }
  });

  it('of a member holds no more than the member; an owner includes the other roles', () => {
    expect(() => refuseBeyondMember(member, ['submitter'])).not.toThrow();
    expect(() => refuseBeyondMember({ ...member, roles: ['owner'] }, ['finance', 'auditor', 'owner'])).not.toThrow();
    expect(() => refuseBeyondMember(member, ['submitter', 'owner'])).toThrow(InvalidInputError);
    expect(() => refuseBeyondMember({ ...member, roles: ['owner'] }, ['centerOperator'])).toThrow(InvalidInputError);
    expect(() => refuseBeyondMember({ ...member, removedAt: 1 }, ['submitter'])).toThrow(InvalidInputError);
    expect(() => refuseBeyondMember(null, ['submitter'])).toThrow(InvalidInputError);
  });
});

describe('a scope', () => {
  const principal = {
    keyId: 'k',
    tenantId: 't',
    tenantCode: 'acme',
    tenantKind: 'customer',
    memberId: null,
    name: 'key',
    centerIds: [CENTER],
  } as unknown as Omit<Parameters<typeof scopeOf>[0], 'roles'>;

  it('is the own tenant, and the centers of an operator', () => {
    expect(scopeOf({ ...principal, roles: ['centerOperator'] })).toEqual({
      tenantId: 't',
      writeTenantIds: ['t'],
      centerIds: [CENTER],
      platformAdmin: false,
    });
    expect(scopeOf({ ...principal, roles: ['owner'] }).centerIds).toEqual([]);
  });

  it("is a platform administrator's only on a key of the platform", () => {
    expect(scopeOf({ ...principal, roles: ['platformAdmin'] }).platformAdmin).toBe(false);
    expect(scopeOf({ ...principal, roles: ['platformAdmin'], tenantKind: 'platform' }).platformAdmin).toBe(true);
    expect(scopeOf({ ...principal, roles: ['owner'], tenantKind: 'platform' }).platformAdmin).toBe(false);
  });
});
