import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EpochSeconds, TenantId } from '#libs/kernel';
import type { Tenant, TenantKind } from '../domain/read-types.js';
import { epochSeconds } from './columns.js';

abstract class TenantColumns implements Tenant {
  @PrimaryColumn('uuid')
  id!: TenantId;
  @Column('text')
  code!: string;
  @Column('text')
  name!: string;
  @Column('text')
  kind!: TenantKind;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}

/** One's own tenant. */
@Entity('tenant')
export class TenantEntity extends TenantColumns {}

/** All tenants, for platform administrators; nobody else sees a row. */
@Entity('tenant_directory')
export class TenantDirectoryEntity extends TenantColumns {}
