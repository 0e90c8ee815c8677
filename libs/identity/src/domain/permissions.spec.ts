import { describe, expect, it } from 'vitest';
import type { CenterId } from '#libs/kernel';
import { ACTIONS, type Action, PERMISSIONS, isAllowed, operatesCenter } from './permissions.js';
import { ROLES, type Role, TENANT_ROLES } from './roles.js';

/** The whole table, written a second time: x may, . may not. Columns in the order of ROLES. */
const EXPECTED: Record<Action, string> = {
  //                    admin operator owner submitter finance auditor
  'me.read': '            x     x      x       x        x       x',
  'catalog.read': '       x     x      x       x        x       x',
  'catalog.write': '      x     .      .       .        .       .',
  'center.write': '       x     x      .       .        .       .',
  'offer.read': '         x     x      .       .        .       .',
  'offer.write': '        .     x      .       .        .       .',
  'window.read': '        x     x      x       x        x       x',
  'quote.create': '       .     .      x       x        .       .',
  'estimate.create': '    x     x      x       x        x       x',
  'job.submit': '         .     .      x       x        .       .',
  'job.cancel': '         .     .      x       x        .       .',
  'job.read': '           .     .      x       x        x       x',
  'segment.readCenter': ' .     x      .       .        .       .',
  'report.usage': '       .     .      x       .        x       .',
  'report.center': '      .     x      .       .        .       .',
  'account.read': '       x     .      x       .        x       .',
  'account.topUp': '      x     .      .       .        .       .',
  'tenant.read': '        x     .      .       .        .       .',
  'tenant.write': '       x     .      .       .        .       .',
  'project.read': '       x     .      x       x        x       x',
  'project.write': '      x     .      x       .        .       .',
  'member.read': '        x     .      x       .        .       .',
  'member.write': '       x     .      x       .        .       .',
  'apiKey.read': '        x     .      x       .        .       .',
  'apiKey.write': '       x     .      x       .        .       .',
};

const CASES = ACTIONS.flatMap((action) => {
  const marks = EXPECTED[action].trim().split(/\s+/);
  return ROLES.map((role, index) => ({ action, role, allowed: marks[index] === 'x' }));
});

describe('permissions', () => {
  it.each(CASES)('$action by $role: $allowed', ({ action, role, allowed }) => {
    expect(isAllowed({ roles: [role] }, action)).toBe(allowed);
  });

  it('name every action once, and only roles that exist', () => {
    expect(Object.keys(PERMISSIONS).sort()).toEqual([...ACTIONS].sort());
    for (const roles of Object.values(PERMISSIONS)) for (const role of roles) expect(ROLES).toContain(role);
  });

  it('let an owner do what submitter, finance and auditor can', () => {
    const others: readonly Role[] = TENANT_ROLES;
    for (const action of ACTIONS)
      if (others.some((role) => isAllowed({ roles: [role] }, action))) expect(PERMISSIONS[action]).toContain('owner');
  });

  it('add up over the roles of a key, and are none without a role', () => {
    for (const action of ACTIONS) {
      expect(isAllowed({ roles: [] }, action)).toBe(false);
      expect(isAllowed({ roles: ['finance', 'centerOperator'] }, action)).toBe(
        isAllowed({ roles: ['finance'] }, action) || isAllowed({ roles: ['centerOperator'] }, action),
      );
    }
  });

  it('make an operator of the named centers only, and of none without the role', () => {
    const [a, b] = ['a', 'b'] as [CenterId, CenterId];
    expect(operatesCenter({ roles: ['centerOperator'], centerIds: [a] }, a)).toBe(true);
    expect(operatesCenter({ roles: ['centerOperator'], centerIds: [a] }, b)).toBe(false);
    expect(operatesCenter({ roles: ['owner', 'platformAdmin'], centerIds: [a] }, a)).toBe(false);
  });
});
