import type { ApiKeyId, CenterId, EpochSeconds, MemberId, ProjectId, TenantId } from '#libs/kernel';
import type { Role } from './roles.js';

/** `platform`: the one tenant of those who run the broker. */
export type TenantKind = 'platform' | 'customer';

export interface Tenant {
  readonly id: TenantId;
  readonly code: string;
  readonly name: string;
  readonly kind: TenantKind;
  readonly createdAt: EpochSeconds;
}

export interface Project {
  readonly id: ProjectId;
  readonly tenantId: TenantId;
  readonly code: string;
  readonly name: string;
  readonly createdAt: EpochSeconds;
}

export interface Member {
  readonly id: MemberId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly createdAt: EpochSeconds;
  readonly removedAt: EpochSeconds | null;
}

/** Never the key itself, nor its hash. */
export interface ApiKey {
  readonly id: ApiKeyId;
  readonly tenantId: TenantId;
  readonly memberId: MemberId | null;
  readonly name: string;
  /** The key's beginning, to tell keys apart: too short to guess the rest from. */
  readonly prefix: string;
  readonly roles: readonly Role[];
  readonly centerIds: readonly CenterId[];
  readonly createdAt: EpochSeconds;
  readonly expiresAt: EpochSeconds | null;
  readonly revokedAt: EpochSeconds | null;
}
