import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EpochSeconds, ProjectId, TenantId } from '#libs/kernel';
import type { Project } from '../domain/read-types.js';
import { epochSeconds } from './columns.js';

@Entity('project')
export class ProjectEntity implements Project {
  @PrimaryColumn('uuid')
  id!: ProjectId;
  @Column('uuid', { name: 'tenant_id' })
  tenantId!: TenantId;
  @Column('text')
  code!: string;
  @Column('text')
  name!: string;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}
