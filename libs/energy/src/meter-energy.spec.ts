import { dec, sumDecimals } from '#libs/kernel';
import { describe, expect, it } from 'vitest';
import { electricityHold, meterEnergy } from './index.js';
import type { EnergyFigures, MeterEnergyInput, NodePower, Site, Tariff } from './index.js';

const ALL_YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const TARIFF: Tariff = {
  zone: 'Europe/Berlin',
  currency: 'EUR',
  bands: [
    { name: 'night', months: ALL_YEAR, from: '00:00', to: '06:00', pricePerKwh: dec('0.10') },
    { name: 'day', months: ALL_YEAR, from: '06:00', to: '24:00', pricePerKwh: dec('0.30') },
  ],
  representative: true,
  source: 'the price sheet',
};

const POWER: NodePower = {
  idleWatts: dec(2000),
  fullWatts: dec(10_000),
  suspendWatts: dec(100),
  utilisation: dec('0.5'),
  source: 'operator',
};

const SITE: Site = {
  pue: dec('1.25'),
  pueYear: 2025,
  pueSource: 'operator',
  marginalPue: null,
  tariff: TARIFF,
  gridFactor: { kgPerKwh: dec('0.5306'), year: 2023, method: 'average', source: 'the ministry' },
};

/** Berlin's night of 25 hours up to 07:00: 8 hours. */
const NIGHT = {
  startsAt: Date.parse('2026-10-24T22:00:00Z') / 1000,
  endsAt: Date.parse('2026-10-25T06:00:00Z') / 1000,
};

function meter(change: Partial<MeterEnergyInput> = {}): EnergyFigures {
  return meterEnergy({ nodes: 1, power: POWER, baseline: 'idle', interval: NIGHT, site: SITE, ...change });
}

describe('meterEnergy', () => {
  it('models idle + (full - idle) × utilisation, then PUE, tariff and factor', () => {
    const figures = meter({ nodes: 2 });
    expect(figures.itKwh?.toFixed()).toBe('96');
    expect(figures.facilityKwh?.toFixed()).toBe('120');
    expect(figures.electricityCost?.toFixed()).toBe('15');
    expect(figures.carbonKg?.toFixed()).toBe('63.672');
    expect(figures.unknown).toEqual({});
  });

  it("costs the books' 10 kW facility 10.00 EUR for Berlin's long night", () => {
    const power = { ...POWER, utilisation: dec(1) };
    const figures = meter({ power, site: { ...SITE, pue: dec(1) } });
    expect(figures.facilityKwh?.toFixed()).toBe('80');
    expect(figures.electricityCost?.toFixed(2)).toBe('10.00');
  });

  it.each([
    ['idle', '32'],
    ['suspended', '47.2'],
    ['poweredOff', '48'],
  ] as const)('counts as marginal what lies above a node that would have been %s', (baseline, kwh) => {
    const figures = meter({ baseline });
    expect(figures.marginalItKwh?.toFixed()).toBe(kwh);
    expect(figures.baseline).toBe(baseline);
  });

  it('applies the marginal PUE to marginal energy where known, else the PUE, and says which', () => {
    const stated = meter({ site: { ...SITE, marginalPue: dec('1.1') } });
    expect(stated.marginalFacilityKwh?.toFixed()).toBe('35.2');
    expect(stated.marginalPueBasis).toBe('marginalPue');
    expect(stated.facilityKwh?.toFixed()).toBe('60');
    expect(meter().marginalFacilityKwh?.toFixed()).toBe('40');
    expect(meter().marginalPueBasis).toBe('pue');
    expect(meter({ site: { ...SITE, pue: null } }).marginalPueBasis).toBeNull();
  });

  it('prices marginal energy and attributes its carbon', () => {
    const figures = meter();
    expect(figures.marginalElectricityCost?.toFixed()).toBe('5');
    expect(figures.marginalCarbonKg?.toFixed()).toBe('21.224');
    expect(figures.marginalCarbonMethod).toBe('attributional');
  });

  it('carries the sources, years and marks of what it used', () => {
    expect(meter()).toMatchObject({
      pueYear: 2025,
      pueSource: 'operator',
      powerSource: 'operator',
      electricityCurrency: 'EUR',
      tariffSource: 'the price sheet',
      tariffRepresentative: true,
      factorYear: 2023,
      factorMethod: 'average',
      factorSource: 'the ministry',
    });
  });

  it('takes a meter over the model, and needs no utilisation then', () => {
    const figures = meter({
      power: { ...POWER, utilisation: null, fullWatts: null },
      measuredItKwh: dec('50.0000000005'),
    });
    expect(figures.itKwh?.toFixed()).toBe('50');
    expect(figures.marginalItKwh?.toFixed()).toBe('34');
  });

  it('has the weaker provenance of the node and the PUE', () => {
    expect(meter()).toMatchObject({ itProvenance: 'modelled', provenance: 'modelled' });
    const measuredItKwh = dec(50);
    expect(meter({ measuredItKwh })).toMatchObject({ itProvenance: 'measured', provenance: 'apportioned' });
    expect(meter({ measuredItKwh, measuredProvenance: 'apportioned' }).itProvenance).toBe('apportioned');
    expect(meter({ measuredItKwh, site: { ...SITE, pue: null } }).provenance).toBe('measured');
  });

  it('shows marginal energy below zero where the meter reads less than the baseline', () => {
    expect(meter({ measuredItKwh: dec(10) }).marginalItKwh?.toFixed()).toBe('-6');
  });

  it('rounds kWh and kg half even to 9 decimals', () => {
    const figures = meter({
      power: { ...POWER, idleWatts: dec(0), fullWatts: dec('0.0000054'), utilisation: dec(1) },
      interval: { startsAt: NIGHT.startsAt, endsAt: NIGHT.startsAt + 1000 },
      nodes: 1,
      site: { ...SITE, pue: dec('1.5') },
    });
    // 0.0054 Ws / 3.6e6 = 1.5e-9 kWh, to the even neighbour 2e-9; × 1.5 = 3e-9; × 0.5306 = 1.59e-9.
    expect(figures.itKwh?.toFixed()).toBe('0.000000002');
    expect(figures.facilityKwh?.toFixed()).toBe('0.000000003');
    expect(figures.carbonKg?.toFixed()).toBe('0.000000002');
  });

  it('leaves the cost unknown where the tariff does not price the interval', () => {
    const figures = meter({ site: { ...SITE, tariff: { ...TARIFF, bands: TARIFF.bands.slice(1) } } });
    expect(figures.facilityKwh?.toFixed()).toBe('60');
    expect(figures.electricityCost).toBeNull();
    expect(figures.unknown.electricityCost).toBe('the tariff has no band for 00:00 in month 10');
  });

  it.each<[string, Partial<MeterEnergyInput>]>([
    ['negative watts', { power: { ...POWER, idleWatts: dec(-1) } }],
    ['a utilisation in percent', { power: { ...POWER, utilisation: dec(50) } }],
    ['a PUE below 1', { site: { ...SITE, pue: dec('0.9') } }],
    ['half a node', { nodes: 0.5 }],
    ['an interval out of order', { interval: { startsAt: 2, endsAt: 1 } }],
    ['a negative meter reading', { measuredItKwh: dec(-1) }],
  ])('refuses %s', (_, change) => {
    expect(() => meter(change)).toThrow(expect.objectContaining({ code: 'invalid-figure' }));
  });
});

describe('electricityHold', () => {
  it('is full power at the dearest band, and a little for rounding', () => {
    const { cost } = electricityHold({ nodes: 2, power: POWER, site: SITE, seconds: 3600 });
    // 20 kW × 1.25 × 0.30
    expect(cost?.greaterThanOrEqualTo('7.5')).toBe(true);
    expect(cost?.lessThan('7.50001')).toBe(true);
  });

  it('covers the cut that gains most by rounding, which the exact cost would not', () => {
    const power = { ...POWER, idleWatts: dec(1), fullWatts: dec(1), utilisation: dec(1) };
    const flat = {
      ...TARIFF,
      bands: [{ name: 'flat', months: ALL_YEAR, from: '00:00', to: '24:00', pricePerKwh: dec(1) }],
    };
    const site = { ...SITE, tariff: flat };
    const costs = Array.from({ length: 3600 }, (_, second) => {
      const interval = { startsAt: NIGHT.startsAt + second, endsAt: NIGHT.startsAt + second + 1 };
      return meter({ power, site, interval }).electricityCost ?? dec(NaN);
    });
    // Each second: 277.8e-9 kWh, to 278e-9; × 1.25 = 347.5e-9, to 348e-9.
    expect(sumDecimals(costs).toFixed()).toBe('0.0012528');
    const { cost } = electricityHold({ nodes: 1, power, site, seconds: 3600 });
    expect(cost?.greaterThanOrEqualTo('0.0012528')).toBe(true);
  });

  it('is unknown, with every reason, where any part is', () => {
    const held = electricityHold({
      nodes: 2,
      power: { ...POWER, fullWatts: null },
      site: { ...SITE, pue: null, tariff: null },
      seconds: 3600,
    });
    expect(held.cost).toBeNull();
    expect(held.reasons).toEqual([
      "the node's full-load watts are not known",
      "the center's PUE is not known",
      "the center's electricity tariff is not known",
    ]);
  });
});
