import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import type { CenterId, ClusterId, EpochSeconds } from '#libs/kernel';
import type { Cluster, Connector, Facts, Sources } from '../domain/read-types.js';
import { centerCodeOf, epochSeconds } from './columns.js';

@Entity('cluster')
export class ClusterEntity implements Cluster {
  @PrimaryColumn('uuid')
  id!: ClusterId;
  @Column('uuid', { name: 'center_id' })
  centerId!: CenterId;
  @VirtualColumn('text', { query: centerCodeOf })
  centerCode!: string;
  @Column('text')
  code!: string;
  @Column('text')
  name!: string;
  @Column('text', { nullable: true })
  scheduler!: string | null;
  @Column('text', { nullable: true })
  connector!: Connector | null;
  @Column('jsonb', { name: 'connector_settings' })
  connectorSettings!: Facts;
  @Column('jsonb')
  facts!: Facts;
  @Column('jsonb')
  sources!: Sources;
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}
