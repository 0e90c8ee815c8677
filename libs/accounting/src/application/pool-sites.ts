import type { PoolId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { MeteringSite } from '../domain/metering-site.js';

/** Where the power, tariffs, PUE and grid factors of pools come from. */
export abstract class PoolSites {
  /** @throws AccountingError `pool-not-found` for a pool that the catalog does not have. */
  abstract siteOf(ctx: TxContext, poolId: PoolId): Promise<MeteringSite>;
  abstract sitesOf(ctx: TxContext, poolIds: readonly PoolId[]): Promise<ReadonlyMap<PoolId, MeteringSite>>;
}
