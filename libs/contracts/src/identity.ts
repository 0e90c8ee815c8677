import { z } from 'zod';
import { code, instantIn, instantOut, pageQuery, text, uuid } from './primitives.js';

export const ROLES = ['platformAdmin', 'centerOperator', 'owner', 'submitter', 'finance', 'auditor'] as const;
export const role = z.enum(ROLES);

export const me = z
  .object({
    tenant: z.object({ id: uuid, code: z.string() }),
    key: z.object({ id: uuid, name: z.string() }),
    roles: z.array(role),
    centers: z.array(z.string()),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof me>;

/** Another tenant's id: for platform administrators only. Default: the caller's own. */
export const tenantQuery = pageQuery.extend({ tenantId: uuid.optional() });

export const createTenant = z.strictObject({ code, name: text(1, 200) });
export type CreateTenant = z.infer<typeof createTenant>;
export const tenant = z
  .object({
    id: uuid,
    code: z.string(),
    name: z.string(),
    kind: z.enum(['platform', 'customer']),
    createdAt: instantOut,
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.infer<typeof tenant>;

export const createProject = z.strictObject({ code, name: text(1, 200) });
export type CreateProject = z.infer<typeof createProject>;
export const project = z
  .object({ id: uuid, code: z.string(), name: z.string(), createdAt: instantOut })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof project>;

const tenantRoles = z.enum(['owner', 'submitter', 'finance', 'auditor']);
export const createMember = z.strictObject({
  name: text(1, 200),
  email: z.email().max(320).nullable().default(null),
  roles: z.array(tenantRoles).min(1).max(4),
});
export type CreateMember = z.infer<typeof createMember>;
export const member = z
  .object({ id: uuid, name: z.string(), email: z.string().nullable(), roles: z.array(role), createdAt: instantOut })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof member>;

export const createApiKey = z.strictObject({
  name: text(1, 200),
  roles: z.array(role).min(1).max(ROLES.length),
  /** Center codes; required for, and only for, the role centerOperator. */
  centers: z.array(code).max(100).default([]),
  /** Another tenant's id: for platform administrators only. Default: the caller's own. */
  tenantId: uuid.nullable().default(null),
  memberId: uuid.nullable().default(null),
  expiresAt: instantIn.nullable().default(null),
});
export type CreateApiKey = z.infer<typeof createApiKey>;
const apiKeyFields = {
  id: uuid,
  name: z.string(),
  prefix: z.string(),
  roles: z.array(role),
  centers: z.array(z.string()),
  memberId: uuid.nullable(),
  createdAt: instantOut,
  expiresAt: instantOut.nullable(),
  revokedAt: instantOut.nullable(),
};
export const apiKey = z.object(apiKeyFields).meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;
export const createdApiKey = z
  .object({
    ...apiKeyFields,
    key: z.string().nullable().meta({ description: 'Shown once; null where this answer repeats an earlier one.' }),
  })
  .meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof createdApiKey>;
