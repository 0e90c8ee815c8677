import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EpochSeconds, MemberId, TenantId } from '#libs/kernel';
import type { Member } from '../domain/read-types.js';
import type { Role } from '../domain/roles.js';
import { epochSeconds } from './columns.js';

@Entity('member')
export class MemberEntity implements Member {
  @PrimaryColumn('uuid')
  id!: MemberId;
  @Column('uuid', { name: 'tenant_id' })
  tenantId!: TenantId;
  @Column('text')
  name!: string;
  @Column('text', { nullable: true })
  email!: string | null;
  @Column('text', { array: true })
  roles!: readonly Role[];
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
  @Column('timestamptz', { name: 'removed_at', nullable: true, transformer: epochSeconds })
  removedAt!: EpochSeconds | null;
}
