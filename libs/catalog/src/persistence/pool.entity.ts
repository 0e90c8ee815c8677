import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import type { CenterId, ClusterId, EpochSeconds, PoolId } from '#libs/kernel';
import type { Baseline, Connector, Facts, Pool, Provenance, Sources } from '../domain/read-types.js';
import { centerCodeOf, decimalText, epochSeconds } from './columns.js';

@Entity('pool')
export class PoolEntity implements Pool {
  @PrimaryColumn('uuid')
  id!: PoolId;
  @Column('uuid', { name: 'cluster_id' })
  clusterId!: ClusterId;
  @VirtualColumn('text', { query: (pool) => `SELECT code FROM cluster WHERE id = ${pool}.cluster_id` })
  clusterCode!: string;
  @VirtualColumn('text', { query: (pool) => `SELECT connector FROM cluster WHERE id = ${pool}.cluster_id` })
  connector!: Connector | null;
  @Column('uuid', { name: 'center_id' })
  centerId!: CenterId;
  @VirtualColumn('text', { query: centerCodeOf })
  centerCode!: string;
  @Column('text')
  code!: string;
  @Column('text')
  name!: string;
  @Column('text', { name: 'device_kind', nullable: true })
  deviceKind!: string | null;
  @Column('integer', { name: 'devices_per_node', nullable: true })
  devicesPerNode!: number | null;
  @Column('integer', { nullable: true })
  nodes!: number | null;
  @Column('numeric', { name: 'idle_watts', nullable: true, transformer: decimalText })
  idleWatts!: string | null;
  @Column('numeric', { name: 'full_watts', nullable: true, transformer: decimalText })
  fullWatts!: string | null;
  @Column('numeric', { name: 'suspend_watts', nullable: true, transformer: decimalText })
  suspendWatts!: string | null;
  @Column('numeric', { nullable: true, transformer: decimalText })
  utilisation!: string | null;
  @Column('text', { name: 'power_source', nullable: true })
  powerSource!: string | null;
  @Column('text')
  baseline!: Baseline;
  @Column('text')
  provenance!: Provenance;
  @Column('jsonb')
  facts!: Facts;
  @Column('jsonb')
  sources!: Sources;
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}
