import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EpochSeconds } from '#libs/kernel';
import type { DeviceKind } from '../domain/read-types.js';
import { decimalText, epochSeconds } from './columns.js';

@Entity('device_kind')
export class DeviceKindEntity implements DeviceKind {
  @PrimaryColumn('text')
  code!: string;
  @Column('text')
  name!: string;
  @Column('text', { nullable: true })
  vendor!: string | null;
  @Column('text')
  kind!: 'accelerator' | 'cpu';
  @Column('text')
  unit!: 'device' | 'socket' | 'core';
  @Column('numeric', { name: 'memory_gib', nullable: true, transformer: decimalText })
  memoryGib!: string | null;
  @Column('numeric', { name: 'memory_bandwidth_gbs', nullable: true, transformer: decimalText })
  memoryBandwidthGbs!: string | null;
  @Column('numeric', { name: 'tdp_watts', nullable: true, transformer: decimalText })
  tdpWatts!: string | null;
  @Column('jsonb', { name: 'peak_dense_tflops' })
  peakDenseTflops!: Readonly<Record<string, number>>;
  @Column('text', { name: 'released_on', nullable: true })
  releasedOn!: string | null;
  @Column('text', { nullable: true })
  source!: string | null;
  @Column('text', { nullable: true })
  confidence!: string | null;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}
