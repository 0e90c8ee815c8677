import type { CenterId } from '#libs/kernel';
import type { Principal } from './principal.js';
import { ROLES, type Role, TENANT_ROLES } from './roles.js';

/** What a route asks for before it does anything. */
export const ACTIONS = [
  'me.read',
  'catalog.read',
  'catalog.write',
  'center.write',
  'offer.read',
  'offer.write',
  'window.read',
  'quote.create',
  'estimate.create',
  'job.submit',
  'job.cancel',
  'job.read',
  'segment.readCenter',
  'report.usage',
  'report.center',
  'account.read',
  'account.topUp',
  'tenant.read',
  'tenant.write',
  'project.read',
  'project.write',
  'member.read',
  'member.write',
  'apiKey.read',
  'apiKey.write',
] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * The one table of who may do what. An action of a tenant reaches the caller's own tenant only (and any, for a
 * platform administrator); one of a center the centers that the key names: {@link operatesCenter}.
 */
export const PERMISSIONS: Readonly<Record<Action, readonly Role[]>> = {
  'me.read': ROLES,
  'catalog.read': ROLES,
  /** Centers. */
  'catalog.write': ['platformAdmin'],
  /** Clusters, pools and the tariff of a center. */
  'center.write': ['platformAdmin', 'centerOperator'],
  'offer.read': ['platformAdmin', 'centerOperator'],
  'offer.write': ['centerOperator'],
  'window.read': ROLES,
  'quote.create': ['owner', 'submitter'],
  'estimate.create': ROLES,
  'job.submit': ['owner', 'submitter'],
  'job.cancel': ['owner', 'submitter'],
  'job.read': TENANT_ROLES,
  /** Without script, environment and logs. */
  'segment.readCenter': ['centerOperator'],
  'report.usage': ['owner', 'finance'],
  'report.center': ['centerOperator'],
  'account.read': ['platformAdmin', 'owner', 'finance'],
  'account.topUp': ['platformAdmin'],
  'tenant.read': ['platformAdmin'],
  'tenant.write': ['platformAdmin'],
  'project.read': ['platformAdmin', ...TENANT_ROLES],
  'project.write': ['platformAdmin', 'owner'],
  'member.read': ['platformAdmin', 'owner'],
  'member.write': ['platformAdmin', 'owner'],
  'apiKey.read': ['platformAdmin', 'owner'],
  'apiKey.write': ['platformAdmin', 'owner'],
};

export function isAllowed(principal: Pick<Principal, 'roles'>, action: Action): boolean {
  return PERMISSIONS[action].some((role) => principal.roles.includes(role));
}

/** Whether the key acts for this center as its operator. A platform administrator is nobody's operator. */
export function operatesCenter(principal: Pick<Principal, 'roles' | 'centerIds'>, centerId: CenterId): boolean {
  return principal.roles.includes('centerOperator') && principal.centerIds.includes(centerId);
}
