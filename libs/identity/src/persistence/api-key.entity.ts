import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ApiKeyId, CenterId, EpochSeconds, MemberId, TenantId } from '#libs/kernel';
import type { ApiKey } from '../domain/read-types.js';
import type { Role } from '../domain/roles.js';
import { epochSeconds } from './columns.js';

@Entity('api_key')
export class ApiKeyEntity implements ApiKey {
  @PrimaryColumn('uuid')
  id!: ApiKeyId;
  @Column('uuid', { name: 'tenant_id' })
  tenantId!: TenantId;
  @Column('uuid', { name: 'member_id', nullable: true })
  memberId!: MemberId | null;
  @Column('text')
  name!: string;
  @Column('text')
  prefix!: string;
  /** Written once, read by `yusuan_find_api_key` alone. */
  @Column('bytea', { name: 'key_hash', select: false })
  keyHash!: Buffer;
  @Column('text', { array: true })
  roles!: readonly Role[];
  @Column('uuid', { name: 'center_ids', array: true })
  centerIds!: readonly CenterId[];
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
  @Column('timestamptz', { name: 'expires_at', nullable: true, transformer: epochSeconds })
  expiresAt!: EpochSeconds | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true, transformer: epochSeconds })
  revokedAt!: EpochSeconds | null;
}
