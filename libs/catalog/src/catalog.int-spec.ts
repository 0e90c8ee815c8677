import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CenterId, PoolId, TenantId } from '#libs/kernel';
import { type OperationContext, Uuid7Source, systemContext } from '#libs/platform';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { CatalogQueries } from './application/catalog-queries.service.js';
import { RegisterCenterService } from './application/register-center.service.js';
import { RegisterClusterService } from './application/register-cluster.service.js';
import { RegisterPoolService } from './application/register-pool.service.js';
import { SeedCatalogService } from './application/seed-catalog.service.js';
import { SetTariffService } from './application/set-tariff.service.js';
import { UpdateCenterService } from './application/update-center.service.js';
import { UpdateClusterService } from './application/update-cluster.service.js';
import { UpdatePoolService } from './application/update-pool.service.js';
import { CenterEntity } from './persistence/center.entity.js';
import { CenterStore } from './persistence/center.store.js';
import { ClusterEntity } from './persistence/cluster.entity.js';
import { ClusterStore } from './persistence/cluster.store.js';
import { DeviceKindEntity } from './persistence/device-kind.entity.js';
import { GridFactorEntity } from './persistence/grid-factor.entity.js';
import { PoolSiteStore } from './persistence/pool-site.store.js';
import { PoolEntity } from './persistence/pool.entity.js';
import { PoolStore } from './persistence/pool.store.js';
import { ReferenceStore } from './persistence/reference.store.js';
import { TariffEntity } from './persistence/tariff.entity.js';

const ALL = { limit: 200, cursor: null };
const NO_ONE = '01930000-0000-7000-8000-00000000dead';
const FLAT = {
  name: 'flat',
  months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  from: '00:00',
  to: '24:00',
  pricePerKwh: '0.5',
};
const system = systemContext('test', 'r-1');

function keyContext(scope: Partial<OperationContext['scope']>): OperationContext {
  const base = { tenantId: NO_ONE as TenantId, writeTenantIds: [], centerIds: [], platformAdmin: false };
  return { actor: { kind: 'apiKey', id: 'k' }, requestId: 'r-2', scope: { ...base, ...scope } };
}

const admin = keyContext({ platformAdmin: true });
const clock = new FixedClock(new Date('2026-11-23T12:00:00Z'));

function catalogOn(db: TestDatabase) {
  const [centers, clusters, pools, reference] = [
    new CenterStore(),
    new ClusterStore(),
    new PoolStore(),
    new ReferenceStore(),
  ];
  const ids = new Uuid7Source(clock);
  return {
    queries: new CatalogQueries(db.app, centers, clusters, pools, reference, new PoolSiteStore()),
    queriesAsWorker: new CatalogQueries(db.worker, centers, clusters, pools, reference, new PoolSiteStore()),
    seed: new SeedCatalogService(db.app, centers, clusters, pools, reference, clock, ids),
    registerCenter: new RegisterCenterService(db.app, centers, reference, clock, ids),
    updateCenter: new UpdateCenterService(db.app, centers, reference),
    registerCluster: new RegisterClusterService(db.app, centers, clusters, clock, ids),
    updateCluster: new UpdateClusterService(db.app, centers, clusters),
    registerPool: new RegisterPoolService(db.app, centers, clusters, pools, reference, clock, ids),
    updatePool: new UpdatePoolService(db.app, centers, pools, reference, clock),
    setTariff: new SetTariffService(db.app, centers, reference, clock, ids),
  };
}

describe('the catalog', () => {
  let db: TestDatabase;
  let catalog: ReturnType<typeof catalogOn>;

  beforeAll(async () => {
    db = await testDatabase({
      entities: [CenterEntity, ClusterEntity, PoolEntity, DeviceKindEntity, GridFactorEntity, TariffEntity],
    });
    catalog = catalogOn(db);
    await catalog.seed.execute(system);
  });
  afterAll(() => db.close());

  const countRows = async () => {
    const tables = ['device_kind', 'grid_factor', 'center', 'cluster', 'pool', 'tariff'];
    const counts = await Promise.all(
      tables.map((table) => db.admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)),
    );
    return counts.map((result) => result.rows[0]?.n);
  };

  it('is seeded with the 14 centers for everybody with a key, in the order of the list', async () => {
    const { items, nextCursor } = await catalog.queries.listCenters(keyContext({}), ALL);
    expect(nextCursor).toBeNull();
    expect(items.map((center) => center.code)).toHaveLength(14);
    expect(items[0]).toMatchObject({
      code: 'tianjin',
      nameZh: '国家超级计算天津中心',
      pue: null,
      provenance: 'published',
      version: 1,
    });
    expect(items[0]?.createdAt).toBe(Date.parse('2026-11-23T12:00:00Z') / 1000);
  });

  it('stays as it is when it is seeded again, also by two processes at once, and keeps what was changed since', async () => {
    const before = await countRows();
    const jinan = await catalog.updateCenter.execute(admin, {
      code: 'jinan',
      version: 1,
      changes: { status: 'on holiday' },
    });
    expect(jinan.version).toBe(2);
    await Promise.all([catalog.seed.execute(system), catalogOn(db).seed.execute(system)]);
    expect(await countRows()).toEqual(before);
    expect(await catalog.queries.findCenter(system, 'jinan')).toMatchObject({ status: 'on holiday', version: 2 });
  });

  it('is seeded once by two processes that start on an empty database together', async () => {
    const empty = await testDatabase({
      entities: [CenterEntity, ClusterEntity, PoolEntity, DeviceKindEntity, GridFactorEntity, TariffEntity],
    });
    try {
      await Promise.all([catalogOn(empty).seed.execute(system), catalogOn(empty).seed.execute(system)]);
      const { rows } = await empty.admin.query('SELECT count(*)::int AS n FROM center');
      expect(rows).toEqual([{ n: 14 }]);
    } finally {
      await empty.close();
    }
  });

  it('shows what is unknown as null', async () => {
    const { items } = await catalog.queries.listPools(system, { center: 'kunshan' }, ALL);
    expect(items).toMatchObject([{ deviceKind: 'hygon-z100', nodes: null, devicesPerNode: null, fullWatts: null }]);
    const kinds = await catalog.queries.listDeviceKinds(system, ALL);
    expect(kinds.items.find((kind) => kind.code === 'xeon-8358')).toMatchObject({
      tdpWatts: null,
      confidence: 'memory',
    });
  });

  it('pages every list without a gap or a repetition', async () => {
    const walk = async <T>(
      list: (cursor: string | null) => Promise<{ items: readonly T[]; nextCursor: string | null }>,
    ) => {
      const seen: T[] = [];
      for (let cursor: string | null = null, page = 0; page < 100; page++) {
        const { items, nextCursor }: { items: readonly T[]; nextCursor: string | null } = await list(cursor);
        seen.push(...items);
        cursor = nextCursor;
        if (cursor === null) break;
      }
      return seen;
    };
    const { queries } = catalog;
    const small = (cursor: string | null) => ({ limit: 7, cursor });
    expect(await walk((cursor) => queries.listDeviceKinds(system, small(cursor)))).toEqual(
      (await queries.listDeviceKinds(system, ALL)).items,
    );
    expect(await walk((cursor) => queries.listGridFactors(system, {}, small(cursor)))).toEqual(
      (await queries.listGridFactors(system, {}, ALL)).items,
    );
    expect(await walk((cursor) => queries.listCenters(system, small(cursor)))).toEqual(
      (await queries.listCenters(system, ALL)).items,
    );
  });

  it('filters pools, clusters and tariffs by center, and finds nothing at a center that is unknown', async () => {
    const { queries } = catalog;
    expect((await queries.listPools(system, { deviceKind: 'nvidia-m2050' }, ALL)).items).toHaveLength(3);
    expect(
      (await queries.listPools(system, { deviceKind: 'nvidia-m2050', center: 'tianjin' }, ALL)).items,
    ).toHaveLength(1);
    expect((await queries.listClusters(system, { center: 'tianjin' }, ALL)).items).toHaveLength(3);
    expect((await queries.listTariffs(system, { center: 'xian' }, ALL)).items).toHaveLength(1);
    expect((await queries.listTariffs(system, { center: 'nowhere' }, ALL)).items).toEqual([]);
    const factors = await queries.listGridFactors(system, { region: 'CN-SC' }, ALL);
    expect(factors.items.map(({ year, kgPerKwh }) => [year, kgPerKwh])).toEqual([
      [2023, '0.1564'],
      [2022, '0.1404'],
      [2021, '0.1255'],
    ]);
  });

  it('describes the site of a pool for metering: power, tariffs in order, the newest average factor; to the worker too', async () => {
    const [pool] = (await catalog.queries.listPools(system, { center: 'wuxi' }, ALL)).items;
    const sites = await catalog.queriesAsWorker.sitesOfPools(system, [pool?.id as PoolId, NO_ONE as PoolId]);
    expect([...sites.keys()]).toEqual([pool?.id]);
    expect(sites.get(pool?.id as PoolId)).toMatchObject({
      nodes: 40960,
      devicesPerNode: 1,
      deviceKind: 'sunway-sw26010',
      power: { idleWatts: null, fullWatts: '375.269', utilisation: null },
      baseline: 'idle',
      center: { code: 'wuxi', zone: 'Asia/Shanghai', pue: null },
      cluster: { code: 'taihulight', connector: null, settings: {} },
      tariffs: [{ validFrom: Date.parse('2024-12-31T16:00:00Z') / 1000, representative: true, currency: 'CNY' }],
      gridFactor: { region: 'CN-JS', year: 2023, method: 'average', kgPerKwh: '0.5827' },
    });
    expect(await catalog.queries.sitesOfPools(system, [])).toEqual(new Map());
  });

  describe('kept by an operator', () => {
    it('takes a center, a cluster that runs jobs and a pool, stated by the operator', async () => {
      const center = await catalog.registerCenter.execute(admin, {
        code: 'lab',
        name: 'Lab',
        zone: 'Europe/Berlin',
        gridRegion: 'CN-GD',
        pue: '1.20',
      });
      const operator = keyContext({ centerIds: [center.id] });
      const cluster = await catalog.registerCluster.execute(operator, {
        center: 'lab',
        code: 'here',
        name: 'This machine',
        connector: 'local',
      });
      const pool = await catalog.registerPool.execute(operator, {
        clusterId: cluster.id,
        code: 'small',
        name: 'Small',
        deviceKind: 'cpu-core',
        devicesPerNode: 1,
        nodes: 2,
        idleWatts: '20',
        fullWatts: '65.5',
        utilisation: '0.9',
      });
      expect(pool).toMatchObject({
        provenance: 'operator',
        powerSource: 'stated by the operator',
        centerId: center.id,
      });
      expect(await catalog.queries.findPool(system, pool.id)).toEqual(pool);
      expect(await catalog.queries.findCluster(system, cluster.id)).toEqual(cluster);
      expect(await catalog.queries.findCenter(system, 'lab')).toEqual({ ...center, pue: '1.2' });
    });

    it('refuses a key of another center, and centers to all but the platform', async () => {
      const operator = keyContext({ centerIds: [NO_ONE as CenterId] });
      const refused = { code: 'center-not-yours' };
      const { registerCluster, registerCenter, updateCenter, updateCluster, registerPool, updatePool, setTariff } =
        catalog;
      const [cluster] = (await catalog.queries.listClusters(system, { center: 'wuxi' }, ALL)).items;
      const [pool] = (await catalog.queries.listPools(system, { center: 'wuxi' }, ALL)).items;
      if (!cluster || !pool) throw new Error('the seed has TaihuLight');
      const before = await countRows();
      await expect(registerCluster.execute(operator, { center: 'wuxi', code: 'x', name: 'X' })).rejects.toMatchObject(
        refused,
      );
      await expect(registerCenter.execute(operator, { code: 'x', name: 'X', zone: 'UTC' })).rejects.toMatchObject(
        refused,
      );
      await expect(updateCenter.execute(operator, { code: 'wuxi', version: null, changes: {} })).rejects.toMatchObject(
        refused,
      );
      await expect(
        updateCluster.execute(operator, { id: cluster.id, version: null, changes: { name: 'X' } }),
      ).rejects.toMatchObject(refused);
      await expect(
        registerPool.execute(operator, { clusterId: cluster.id, code: 'x', name: 'X' }),
      ).rejects.toMatchObject(refused);
      await expect(
        updatePool.execute(operator, { id: pool.id, version: null, changes: { nodes: 1 } }),
      ).rejects.toMatchObject(refused);
      const tariff = { center: 'wuxi', validFrom: 0, currency: 'CNY', bands: [FLAT], representative: false };
      await expect(setTariff.execute(operator, tariff)).rejects.toMatchObject(refused);
      expect(await countRows()).toEqual(before);
    });

    it('refuses a code that is taken, and names what does not exist', async () => {
      const { registerCenter, registerCluster, registerPool } = catalog;
      await expect(registerCenter.execute(admin, { code: 'wuxi', name: 'W', zone: 'UTC' })).rejects.toMatchObject({
        code: 'center-code-taken',
      });
      await expect(
        registerCluster.execute(admin, { center: 'wuxi', code: 'taihulight', name: 'T' }),
      ).rejects.toMatchObject({ code: 'cluster-code-taken' });
      const [cluster] = (await catalog.queries.listClusters(system, { center: 'wuxi' }, ALL)).items;
      const pool = { clusterId: cluster?.id ?? (NO_ONE as never), code: 'main', name: 'T' };
      await expect(registerPool.execute(admin, pool)).rejects.toMatchObject({ code: 'pool-code-taken' });
      await expect(registerPool.execute(admin, { ...pool, clusterId: NO_ONE as never })).rejects.toMatchObject({
        code: 'cluster-not-found',
      });
      await expect(registerCluster.execute(admin, { center: 'nowhere', code: 'x', name: 'X' })).rejects.toMatchObject({
        code: 'center-not-found',
      });
    });

    it('hears everything that is wrong with an input at once, and keeps nothing of it', async () => {
      const before = await countRows();
      const wrong = {
        code: 'Bad Code',
        name: ' ',
        zone: 'Mars/Olympus',
        gridRegion: 'XX',
        pue: '0.9',
        latitude: '91',
        pueYear: 3,
      };
      const faulty = await catalog.registerCenter.execute(admin, wrong).catch((error: unknown) => error);
      expect(faulty).toMatchObject({ code: 'invalid-input' });
      expect((faulty as { faults: { path: string }[] }).faults.map((fault) => fault.path).sort()).toEqual([
        '/code',
        '/gridRegion',
        '/latitude',
        '/name',
        '/pue',
        '/pueYear',
        '/zone',
      ]);
      const [cluster] = (await catalog.queries.listClusters(system, { center: 'wuxi' }, ALL)).items;
      const pool = {
        clusterId: cluster?.id as never,
        code: 'p',
        name: 'P',
        deviceKind: 'abacus',
        nodes: 0,
        devicesPerNode: 1.5,
        idleWatts: '10',
        fullWatts: '9',
        suspendWatts: '-1',
        utilisation: '1.1',
      };
      await expect(catalog.registerPool.execute(admin, pool)).rejects.toMatchObject({
        faults: ['/devicesPerNode', '/nodes', '/suspendWatts', '/utilisation', '/fullWatts', '/deviceKind'].map(
          (path) => ({ path }),
        ),
      });
      expect(await countRows()).toEqual(before);
    });

    it('changes only the version that the writer saw; of two writers one hears of the other', async () => {
      const change = (name: string) =>
        catalog.updateCenter.execute(admin, { code: 'xian', version: 1, changes: { name } });
      const outcomes = await Promise.allSettled([change('A'), change('B')]);
      expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({
        reason: { code: 'version-conflict' },
      });
      expect((await catalog.queries.findCenter(system, 'xian'))?.version).toBe(2);
      await expect(
        catalog.updateCenter.execute(admin, { code: 'nowhere', version: 1, changes: {} }),
      ).rejects.toMatchObject({ code: 'center-not-found' });
    });

    it('takes a PUE stated without a source as the operator says it, and does not leave the old source on it', async () => {
      const first = await catalog.updateCenter.execute(admin, {
        code: 'taiyuan',
        version: null,
        changes: { pue: '1.3', pueSource: 'a meter' },
      });
      expect(first).toMatchObject({ pue: '1.3', pueSource: 'a meter' });
      const second = await catalog.updateCenter.execute(admin, {
        code: 'taiyuan',
        version: null,
        changes: { pue: '1.25' },
      });
      expect(second).toMatchObject({ pue: '1.25', pueSource: 'stated by the operator' });
      const third = await catalog.updateCenter.execute(admin, {
        code: 'taiyuan',
        version: null,
        changes: { pue: null },
      });
      expect(third).toMatchObject({ pue: null, pueSource: null });
    });

    it('lets unknown devices of a pool be told once, and other devices be another pool', async () => {
      const [pool] = (await catalog.queries.listPools(system, { center: 'zhengzhou' }, ALL)).items;
      if (!pool) throw new Error('the seed has Songshan');
      const told = await catalog.updatePool.execute(admin, {
        id: pool.id,
        version: 1,
        changes: { nodes: 8, devicesPerNode: 4 },
      });
      expect(told).toMatchObject({
        nodes: 8,
        devicesPerNode: 4,
        provenance: 'operator',
        version: 2,
        powerSource: null,
      });
      await expect(
        catalog.updatePool.execute(admin, {
          id: pool.id,
          version: 2,
          changes: { devicesPerNode: 8, deviceKind: 'nvidia-t4' },
        }),
      ).rejects.toMatchObject({ faults: [{ path: '/deviceKind' }, { path: '/devicesPerNode' }] });
      await expect(
        catalog.updatePool.execute(admin, { id: pool.id, version: 1, changes: { nodes: 9 } }),
      ).rejects.toMatchObject({ code: 'version-conflict' });
    });

    it('never shrinks a pool below the nodes that stand reserved', async () => {
      const [pool] = (await catalog.queries.listPools(system, { center: 'changsha' }, ALL)).items;
      if (!pool) throw new Error('the seed has Tianhe-1A Hunan');
      await reserveNodes(db, pool.id, 5);
      const shrink = (nodes: number | null) =>
        catalog.updatePool.execute(admin, { id: pool.id, version: null, changes: { nodes } });
      await expect(shrink(4)).rejects.toMatchObject({ code: 'pool-in-use', details: { reservedNodes: 5 } });
      await expect(shrink(null)).rejects.toMatchObject({ code: 'pool-in-use' });
      expect((await shrink(5)).nodes).toBe(5);
    });

    it('sets a tariff from an instant on, replaces it from the same instant, and refuses one with a gap', async () => {
      const from = Date.parse('2026-12-01T00:00:00+08:00') / 1000;
      const tariff = { center: 'shenzhen', validFrom: from, currency: 'CNY', bands: [FLAT], representative: false };
      const first = await catalog.setTariff.execute(admin, tariff);
      expect(first).toMatchObject({ validFrom: from, bands: [FLAT], source: 'stated by the operator' });
      const again = await catalog.setTariff.execute(admin, {
        ...tariff,
        bands: [{ ...FLAT, pricePerKwh: '0.6' }],
        source: 'a bill',
      });
      expect(again).toMatchObject({ id: first.id, source: 'a bill', bands: [{ pricePerKwh: '0.6' }] });
      expect((await catalog.queries.listTariffs(system, { center: 'shenzhen' }, ALL)).items).toEqual([again]);
      const gap = { ...tariff, bands: [{ ...FLAT, to: '23:59' }] };
      await expect(catalog.setTariff.execute(admin, gap)).rejects.toMatchObject({ code: 'invalid-input' });
    });
  });
});

/** Reserves nodes of a pool for a day from now by plain SQL: capacity and jobs are other libraries' affairs. */
async function reserveNodes(db: TestDatabase, poolId: PoolId, nodes: number): Promise<void> {
  const client = await db.admin.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(
      `INSERT INTO reservation (id, segment_id, window_id, pool_id, nodes, starts_at, ends_at, created_at)
       VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, $2, '2026-11-23T12:00Z', '2026-11-24T12:00Z', '2026-11-23T12:00Z')`,
      [poolId, nodes],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
