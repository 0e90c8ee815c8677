import { describe, expect, it } from 'vitest';
import { bandFaults, priceAt } from '../domain/tariff-bands.js';
import { readSeedData } from './seed-data.js';

const seed = readSeedData();
const UNVERIFIED = /from memory|unverified/i;
const fields = (object: object): [string, unknown][] => Object.entries(object);
/** Every text anywhere in a value, with its path. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (value === null || typeof value !== 'object') return [];
  return fields(value).flatMap(([key, inner]) => texts(inner, `${path}/${key}`));
}

describe('the seed', () => {
  it('has the 14 national centers, each in its zone and in a known grid region', () => {
    expect(seed.centers.map((center) => center.code)).toEqual(
      'tianjin guangzhou shenzhen changsha jinan wuxi zhengzhou kunshan chengdu xian taiyuan wuzhen wenchang chongqing'.split(
        ' ',
      ),
    );
    const regions = new Set(seed.gridFactors.map((factor) => factor.region));
    for (const center of seed.centers) {
      expect(center.zone).toBe('Asia/Shanghai');
      expect(regions).toContain(center.gridRegion);
    }
  });

  it('shows nothing from memory as a fact: such a device kind has no figures, and only coordinates carry the mark', () => {
    const marked = seed.deviceKinds.filter(
      (kind) => UNVERIFIED.test(kind.source ?? '') || kind.confidence === 'memory',
    );
    expect(marked.length).toBeGreaterThan(0);
    for (const kind of marked)
      expect(kind).toMatchObject({
        memoryGib: null,
        memoryBandwidthGbs: null,
        tdpWatts: null,
        peakDenseTflops: {},
        confidence: 'memory',
      });
    const unmarked = seed.deviceKinds.filter((kind) => !marked.includes(kind));
    const places = texts({ ...seed, deviceKinds: unmarked }).filter(([, text]) => UNVERIFIED.test(text));
    expect(places.map(([path]) => path)).toEqual(
      seed.centers.map((_, index) => `/centers/${index}/sources/coordinates`),
    );
  });

  it('gives a source to every figure, and null where there is none', () => {
    for (const pool of seed.pools)
      for (const name of ['deviceKind', 'nodes', 'devicesPerNode', 'fullWatts'] as const)
        expect([pool.cluster, name, pool[name] === null]).toEqual([
          pool.cluster,
          name,
          pool.sources[name] === undefined,
        ]);
    for (const kind of seed.deviceKinds) {
      const figures = [kind.memoryGib, kind.memoryBandwidthGbs, kind.tdpWatts, ...Object.values(kind.peakDenseTflops)];
      if (figures.some((figure) => figure !== null)) expect(kind.source, kind.code).toMatch(/\S/);
    }
    for (const cluster of seed.clusters) {
      expect(Object.keys(cluster.sources), cluster.code).not.toEqual([]);
      if (cluster.scheduler !== null) expect(cluster.sources['scheduler'], cluster.code).toMatch(/\S/);
    }
    for (const factor of seed.gridFactors) expect(factor.source).toMatch(/公告/);
    // No PUE of the 14 centers was found, and none is guessed.
    expect(seed.centers.filter((center) => center.pue !== null || center.marginalPue !== null)).toEqual([]);
  });

  it('refers to nothing that it does not have, and names nothing twice', () => {
    const centers = new Set(seed.centers.map((center) => center.code));
    const clusters = new Set(seed.clusters.map((cluster) => `${cluster.center}/${cluster.code}`));
    const kinds = new Set(seed.deviceKinds.map((kind) => kind.code));
    for (const { center } of [...seed.clusters, ...seed.tariffs]) expect(centers).toContain(center);
    for (const pool of seed.pools) expect(clusters).toContain(`${pool.center}/${pool.cluster}`);
    for (const { deviceKind } of seed.pools) if (deviceKind !== null) expect(kinds).toContain(deviceKind);
    expect([clusters.size, kinds.size]).toEqual([seed.clusters.length, seed.deviceKinds.length]);
    const factors = seed.gridFactors.map(({ region, year, method }) => `${region} ${year} ${method}`);
    expect(new Set(factors).size).toBe(factors.length);
  });

  it('converts decimal gigabytes to GiB', () => {
    const a100 = seed.deviceKinds.find((kind) => kind.code === 'nvidia-a100-80-sxm');
    expect(a100?.memoryGib).toBe('74.506');
  });

  it('holds tariffs that price every minute, marked as representative', () => {
    for (const tariff of seed.tariffs) {
      expect(bandFaults(tariff.bands), tariff.center).toEqual([]);
      expect(tariff.representative).toBe(true);
      expect(tariff.source).toMatch(/Level [\d.]+ CNY\/kWh/);
    }
    // No ratios are known at these.
    const without = seed.centers
      .map((center) => center.code)
      .filter((code) => !seed.tariffs.some((one) => one.center === code));
    expect(without).toEqual(['shenzhen', 'zhengzhou', 'wuzhen', 'chongqing']);
  });

  it.each([
    // Shandong, 0.70: spring noon is deep valley at 0.1, a June evening sharp at 2.0, a winter 17:00 sharp over peak.
    ['jinan', 4, '12:00', '0.07'],
    ['jinan', 6, '18:00', '1.4'],
    ['jinan', 1, '16:30', '1.4'],
    ['jinan', 1, '07:30', '1.19'],
    // Guangdong, 0.75: sharp at 11:00 only from July to September.
    ['guangzhou', 7, '11:30', '1.5938'],
    ['guangzhou', 6, '11:30', '1.275'],
    ['guangzhou', 6, '03:00', '0.285'],
    // Tianjin, 0.78: the valley from 23:00 to 07:00 wraps midnight.
    ['tianjin', 12, '23:30', '0.3588'],
    ['tianjin', 12, '07:00', '0.78'],
    // Sichuan, 0.65: a summer night.
    ['chengdu', 8, '13:30', '1.248'],
    ['chengdu', 8, '12:59', '1.04'],
  ])('prices %s in month %i at %s by its notice: %s', (center, month, clock, price) => {
    const bands = seed.tariffs.find((tariff) => tariff.center === center)?.bands ?? [];
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    expect(priceAt(bands, month, hour * 60 + minute)).toBe(price);
  });
});
