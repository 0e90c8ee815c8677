import { dec } from '#libs/kernel';
import { describe, expect, it } from 'vitest';
import { dearestPricePerKwh, electricityCost, tariffFaults, tariffSlices } from './index.js';
import type { Tariff, TariffBand } from './index.js';

const ALL_YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

const at = (iso: string): number => Date.parse(iso) / 1000;
const between = (from: string, to: string) => ({ startsAt: at(from), endsAt: at(to) });

function band(name: string, from: string, to: string, price: string, months = ALL_YEAR): TariffBand {
  return { name, months, from, to, pricePerKwh: dec(price) };
}

function tariffIn(zone: string, bands: TariffBand[], currency = 'CNY'): Tariff {
  return { zone, currency, bands, representative: false, source: 'a test' };
}

const BERLIN = tariffIn(
  'Europe/Berlin',
  [band('night', '00:00', '06:00', '0.10'), band('day', '06:00', '24:00', '0.30')],
  'EUR',
);

function slicesOf(tariff: Tariff, from: string, to: string): string[] {
  return tariffSlices(tariff, between(from, to)).map(
    ({ interval, band: { name } }) =>
      `${name} ${new Date(interval.startsAt * 1000).toISOString().slice(5, 16)} ${(interval.endsAt - interval.startsAt) / 3600} h`,
  );
}

describe('tariffSlices', () => {
  it("gives Berlin's night of 25 hours one hour more of the night's price", () => {
    expect(slicesOf(BERLIN, '2026-10-24T22:00:00Z', '2026-10-25T06:00:00Z')).toEqual([
      'night 10-24T22:00 7 h',
      'day 10-25T05:00 1 h',
    ]);
  });

  it('gives the night of 23 hours one hour less', () => {
    expect(slicesOf(BERLIN, '2026-03-28T23:00:00Z', '2026-03-29T05:00:00Z')).toEqual([
      'night 03-28T23:00 5 h',
      'day 03-29T04:00 1 h',
    ]);
  });

  it('prices the hour that comes twice twice, where a band ends within it', () => {
    const tariff = tariffIn('Europe/Berlin', [
      band('early', '00:00', '02:30', '1'),
      band('late', '02:30', '24:00', '2'),
    ]);
    expect(slicesOf(tariff, '2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z')).toEqual([
      'early 10-25T00:00 0.5 h',
      'late 10-25T00:30 0.5 h',
      'early 10-25T01:00 0.5 h',
      'late 10-25T01:30 0.5 h',
    ]);
  });

  it('gives a band within the skipped hour nothing', () => {
    const tariff = tariffIn('Europe/Berlin', [
      band('skipped', '02:00', '03:00', '1'),
      band('rest', '00:00', '24:00', '2'),
    ]);
    expect(slicesOf(tariff, '2026-03-29T00:00:00Z', '2026-03-29T03:00:00Z')).toEqual(['rest 03-29T00:00 3 h']);
  });

  it('wraps midnight, and changes season at the local midnight of the month', () => {
    const tariff = tariffIn('Asia/Shanghai', [
      band('winter valley', '22:00', '06:00', '0.2', [12]),
      band('valley', '22:00', '06:00', '0.3'),
      band('flat', '06:00', '22:00', '0.6'),
    ]);
    expect(slicesOf(tariff, '2026-11-30T13:00:00Z', '2026-11-30T23:00:00Z')).toEqual([
      'flat 11-30T13:00 1 h',
      'valley 11-30T14:00 2 h',
      'winter valley 11-30T16:00 6 h',
      'flat 11-30T22:00 1 h',
    ]);
  });

  it('lets an overlay that stands first win over what it overlays', () => {
    const tariff = tariffIn('Asia/Shanghai', [
      band('sharp', '11:00', '13:00', '1.2', [7, 8]),
      band('peak', '08:00', '15:00', '1.0'),
      band('flat', '00:00', '24:00', '0.6'),
    ]);
    expect(slicesOf(tariff, '2026-07-01T02:00:00Z', '2026-07-01T08:00:00Z')).toEqual([
      'peak 07-01T02:00 1 h',
      'sharp 07-01T03:00 2 h',
      'peak 07-01T05:00 2 h',
      'flat 07-01T07:00 1 h',
    ]);
    expect(slicesOf(tariff, '2026-06-01T02:00:00Z', '2026-06-01T07:00:00Z')).toEqual(['peak 06-01T02:00 5 h']);
  });

  it('has no slices for an interval of no seconds', () => {
    expect(tariffSlices(BERLIN, between('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'))).toEqual([]);
  });

  it('says which local time has no price', () => {
    const tariff = tariffIn('Asia/Shanghai', [band('day', '06:00', '24:00', '1')]);
    expect(() => tariffSlices(tariff, between('2026-01-01T15:00:00Z', '2026-01-01T17:00:00Z'))).toThrow(
      'no band for 00:00 in month 1',
    );
  });

  it('refuses an unknown zone and an interval out of order', () => {
    expect(() =>
      slicesOf(tariffIn('Mars/Olympus', BERLIN.bands.slice()), '2026-01-01T00:00Z', '2026-01-02T00:00Z'),
    ).toThrow(/not an IANA/);
    expect(() => tariffSlices(BERLIN, { startsAt: 10, endsAt: 9 })).toThrow(/not an interval/);
  });
});

describe('electricityCost', () => {
  it("costs 10.00 EUR for 80 kWh over Berlin's night of 25 hours, not 12.00", () => {
    const night = between('2026-10-24T22:00:00Z', '2026-10-25T06:00:00Z');
    expect(electricityCost(BERLIN, dec(80), night).toFixed(2)).toBe('10.00');
    expect(electricityCost(BERLIN, dec(80), night).equals(10)).toBe(true);
  });

  it('divides once, so that thirds of an interval lose nothing', () => {
    const tariff = tariffIn('UTC', [band('a', '00:00', '01:00', '0.3'), band('b', '01:00', '24:00', '0.6')]);
    const threeHours = between('2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z');
    expect(electricityCost(tariff, dec(1), threeHours).toFixed()).toBe('0.5');
  });

  it('refuses energy drawn in no time', () => {
    const never = between('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');
    expect(electricityCost(BERLIN, dec(0), never).toFixed()).toBe('0');
    expect(() => electricityCost(BERLIN, dec(1), never)).toThrow(/no seconds/);
  });
});

describe('tariffFaults', () => {
  it('finds none in a tariff that prices every instant', () => {
    expect(tariffFaults(BERLIN)).toEqual([]);
  });

  it('names every fault of every band at once', () => {
    const tariff = tariffIn('Mars/Olympus', [
      band('a', '25:00', '24:01', '-1', [0]),
      band('b', '24:00', '06:00', '1', []),
      band('c', '06:00', '06:00', '1'),
    ]);
    expect(tariffFaults(tariff).map((fault) => fault.path)).toEqual([
      '/zone',
      '/bands/0/months',
      '/bands/0/from',
      '/bands/0/to',
      '/bands/0/pricePerKwh',
      '/bands/1/months',
      '/bands/1/from',
      '/bands/2/to',
    ]);
  });

  it('names the local times and months that no band prices', () => {
    const tariff = tariffIn('Asia/Shanghai', [
      band('day', '06:30', '22:00', '1'),
      band('night', '22:00', '06:30', '1', ALL_YEAR.slice(1)),
    ]);
    expect(tariffFaults(tariff).map((fault) => fault.message)).toEqual([
      'no band prices 00:00 in month 1',
      'no band prices 22:00 in month 1',
    ]);
  });
});

describe('dearestPricePerKwh', () => {
  it('is the highest of all bands, and unknown without any', () => {
    expect(dearestPricePerKwh(BERLIN)?.toFixed()).toBe('0.3');
    expect(dearestPricePerKwh(tariffIn('UTC', []))).toBeNull();
  });
});
