import { DomainError } from '#libs/kernel';

export type IdentityErrorCode =
  | 'tenant-not-found'
  | 'tenant-code-taken'
  | 'project-code-taken'
  | 'member-email-taken'
  | 'api-key-not-found'
  | 'role-not-grantable';

/** An expected refusal of identity. */
export class IdentityError extends DomainError<IdentityErrorCode> {}
