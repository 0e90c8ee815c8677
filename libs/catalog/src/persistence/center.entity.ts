import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { CenterId, EpochSeconds } from '#libs/kernel';
import type { Center, Facts, Provenance, Sources } from '../domain/read-types.js';
import { decimalText, epochSeconds } from './columns.js';

@Entity('center')
export class CenterEntity implements Center {
  @PrimaryColumn('uuid')
  id!: CenterId;
  @Column('text')
  code!: string;
  @Column('text')
  name!: string;
  @Column('text', { name: 'name_zh', nullable: true })
  nameZh!: string | null;
  @Column('text', { nullable: true })
  city!: string | null;
  @Column('text', { nullable: true })
  province!: string | null;
  @Column('text')
  zone!: string;
  @Column('text', { name: 'grid_region', nullable: true })
  gridRegion!: string | null;
  @Column('text', { nullable: true })
  status!: string | null;
  @Column('numeric', { nullable: true, transformer: decimalText })
  latitude!: string | null;
  @Column('numeric', { nullable: true, transformer: decimalText })
  longitude!: string | null;
  @Column('numeric', { nullable: true, transformer: decimalText })
  pue!: string | null;
  @Column('integer', { name: 'pue_year', nullable: true })
  pueYear!: number | null;
  @Column('text', { name: 'pue_source', nullable: true })
  pueSource!: string | null;
  @Column('numeric', { name: 'marginal_pue', nullable: true, transformer: decimalText })
  marginalPue!: string | null;
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
