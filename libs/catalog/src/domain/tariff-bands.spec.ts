import { describe, expect, it } from 'vitest';
import type { TariffBand } from './read-types.js';
import { bandFaults, priceAt } from './tariff-bands.js';

const YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const flat: TariffBand = { name: 'flat', months: YEAR, from: '00:00', to: '24:00', pricePerKwh: '0.6229' };
const night: TariffBand = { name: 'night', months: YEAR, from: '22:00', to: '06:00', pricePerKwh: '0.3' };

describe('tariff bands', () => {
  it('are complete with one band for the whole year', () => {
    expect(bandFaults([flat])).toEqual([]);
  });

  it('may wrap midnight; the first that matches is the price', () => {
    expect(bandFaults([night, flat])).toEqual([]);
    expect(priceAt([night, flat], 1, 5 * 60 + 59)).toBe('0.3');
    expect(priceAt([night, flat], 1, 6 * 60)).toBe('0.6229');
    expect(priceAt([flat, night], 1, 0)).toBe('0.6229');
  });

  it('name the first minute without a price, by month', () => {
    const summer = { ...flat, months: [6, 7, 8] };
    const faults = bandFaults([night, summer]);
    expect(faults).toHaveLength(9);
    expect(faults[0]).toEqual({ path: '/bands', message: 'no band prices 06:00 in month 1' });
    expect(bandFaults([])).toHaveLength(12);
  });

  it.each([
    ['name', { name: ' ' }],
    ['months', { months: [] }],
    ['months', { months: [13] }],
    ['from', { from: '24:00', to: '06:00' }],
    ['from', { from: '7:00' }],
    ['to', { to: '24:01' }],
    ['to', { from: '07:00', to: '07:00' }],
    ['pricePerKwh', { pricePerKwh: '-1' }],
    ['pricePerKwh', { pricePerKwh: '1e3' }],
    ['pricePerKwh', { pricePerKwh: '0.1234567' }],
  ])('refuse a wrong %s: %j', (field, change) => {
    expect(bandFaults([{ ...flat, ...change }]).map((fault) => fault.path)).toEqual([`/bands/0/${field}`]);
  });
});
