import { Injectable } from '@nestjs/common';
import type { PoolId } from '#libs/kernel';
import { Clock, type OperationContext, TransactionRunner, type TxContext } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';
import type { FieldFaults } from '../domain/field-faults.js';
import type { Pool } from '../domain/read-types.js';
import { CenterStore } from '../persistence/center.store.js';
import { PoolStore } from '../persistence/pool.store.js';
import { ReferenceStore } from '../persistence/reference.store.js';
import { assertKeepsCenter } from './center-reach.js';
import { type PoolFields, poolFaults, powerSourceOf } from './pool-input.js';

export interface UpdatePoolInput {
  readonly id: PoolId;
  /** The version that the caller saw; null: whatever stands there. */
  readonly version: number | null;
  readonly changes: Partial<PoolFields>;
}

const POWER_FIGURES = ['idleWatts', 'fullWatts', 'suspendWatts', 'utilisation'] as const;

/** Changes what is stated of a pool, under the lock that reservations take, so that nodes never fall below what is reserved. */
@Injectable()
export class UpdatePoolService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly centers: CenterStore,
    private readonly pools: PoolStore,
    private readonly reference: ReferenceStore,
    private readonly clock: Clock,
  ) {}

  /** @throws CatalogError `pool-not-found`, `center-not-yours`, `version-conflict`, `pool-in-use`; InvalidInputError */
  async execute(context: OperationContext, input: UpdatePoolInput): Promise<Pool> {
    const { id, version, changes } = input;
    return this.transactions.run(context, async (ctx) => {
      const pool = await this.pools.lock(ctx, id);
      if (!pool) throw new CatalogError('pool-not-found', 'there is no such pool', { id });
      for (const center of await this.centers.findByIds(ctx, [pool.centerId])) assertKeepsCenter(ctx, center);
      (await this.faultsOf(ctx, pool, changes)).raise();
      await this.refuseOversubscription(ctx, pool, changes);
      if (!(await this.pools.update(ctx, { id, version }, asStated(pool, changes))))
        throw new CatalogError('version-conflict', `this pool has changed since version ${version}`, { id });
      return (await this.pools.find(ctx, id)) ?? pool;
    });
  }

  private async faultsOf(ctx: TxContext, pool: Pool, changes: Partial<PoolFields>): Promise<FieldFaults> {
    const { idleWatts, fullWatts } = { ...pool, ...changes };
    const faults = poolFaults({ ...changes, idleWatts, fullWatts });
    const kind = changes.deviceKind ?? null;
    if (kind !== null && !(await this.reference.hasDeviceKind(ctx, kind)))
      faults.add('/deviceKind', 'name a code of /v1/device-kinds');
    // Offers, quotes and usage cite the pool for its devices: other devices are another pool.
    for (const name of ['deviceKind', 'devicesPerNode'] as const)
      if (changes[name] !== undefined && pool[name] !== null && changes[name] !== pool[name])
        faults.add(`/${name}`, `is ${pool[name]} and stays so: register other devices as a pool of their own`);
    return faults;
  }

  private async refuseOversubscription(ctx: TxContext, pool: Pool, changes: Partial<PoolFields>): Promise<void> {
    if (changes.nodes === undefined || (changes.nodes ?? 0) >= (pool.nodes ?? 0)) return;
    const reserved = await this.pools.reservedNodesMax(ctx, pool.id, this.clock.now());
    if (reserved <= (changes.nodes ?? 0)) return;
    throw new CatalogError('pool-in-use', `${reserved} nodes of this pool are reserved`, { reservedNodes: reserved });
  }
}

/** Power that changes loses the source of the old figures; whatever an operator states has its provenance. */
function asStated(pool: Pool, changes: Partial<PoolFields>): Partial<Pool> {
  const isPowerChanged = POWER_FIGURES.some((name) => changes[name] !== undefined);
  const stated = { ...changes, provenance: 'operator' as const };
  if (!isPowerChanged && changes.powerSource === undefined) return stated;
  return { ...stated, powerSource: powerSourceOf({ ...pool, ...changes, powerSource: changes.powerSource ?? null }) };
}
