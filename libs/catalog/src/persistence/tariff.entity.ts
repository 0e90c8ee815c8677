import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import type { CenterId, EpochSeconds } from '#libs/kernel';
import type { Tariff, TariffBand } from '../domain/read-types.js';
import { centerCodeOf, epochSeconds } from './columns.js';

@Entity('tariff')
export class TariffEntity implements Tariff {
  @PrimaryColumn('uuid')
  id!: string;
  @Column('uuid', { name: 'center_id' })
  centerId!: CenterId;
  @VirtualColumn('text', { query: centerCodeOf })
  centerCode!: string;
  @Column('timestamptz', { name: 'valid_from', transformer: epochSeconds })
  validFrom!: EpochSeconds;
  @Column('text')
  currency!: string;
  @Column('jsonb')
  bands!: readonly TariffBand[];
  @Column('boolean')
  representative!: boolean;
  @Column('text')
  source!: string;
  @Column('timestamptz', { name: 'created_at', transformer: epochSeconds })
  createdAt!: EpochSeconds;
}
