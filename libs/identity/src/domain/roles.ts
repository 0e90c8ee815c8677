export const ROLES = ['platformAdmin', 'centerOperator', 'owner', 'submitter', 'finance', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What an owner may give in its tenant, and is able to do itself. */
export const TENANT_ROLES = ['owner', 'submitter', 'finance', 'auditor'] as const satisfies readonly Role[];

/** The roles, and those that they include: an owner can what the others in its tenant can. */
export function withIncludedRoles(roles: readonly Role[]): ReadonlySet<Role> {
  return new Set(roles.includes('owner') ? [...roles, ...TENANT_ROLES] : roles);
}
