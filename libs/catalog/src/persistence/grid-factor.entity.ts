import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EpochSeconds } from '#libs/kernel';
import type { GridFactor } from '../domain/read-types.js';
import { decimalText, epochSeconds } from './columns.js';

@Entity('grid_factor')
export class GridFactorEntity implements GridFactor {
  @PrimaryColumn('text')
  region!: string;
  @PrimaryColumn('integer')
  year!: number;
  @PrimaryColumn('text')
  method!: string;
  @Column('numeric', { name: 'kg_per_kwh', transformer: decimalText })
  kgPerKwh!: string;
  @Column('text')
  source!: string;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}
