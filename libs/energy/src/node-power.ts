import { dec } from '#libs/kernel';
import type { Decimal } from '#libs/kernel';
import { combine, figureOf, known } from './figure.js';
import type { Figure } from './figure.js';
import { assertBetween } from './guards.js';

/** Watts of one node at the wall of its rack; null is unknown. */
export interface NodePower {
  readonly idleWatts: Decimal | null;
  readonly fullWatts: Decimal | null;
  readonly suspendWatts: Decimal | null;
  /** 0 to 1: measured, or the pool's stated default. */
  readonly utilisation: Decimal | null;
  readonly source: string | null;
}

/** What the node would have drawn without us: its state when it was offered. */
export type Baseline = 'idle' | 'suspended' | 'poweredOff';

/** @throws EnergyError `invalid-figure` for negative watts or a utilisation outside [0, 1]. */
export function assertNodePower(power: NodePower): void {
  assertBetween('idle watts', power.idleWatts, 0, Infinity);
  assertBetween('full watts', power.fullWatts, 0, Infinity);
  assertBetween('suspend watts', power.suspendWatts, 0, Infinity);
  assertBetween('utilisation', power.utilisation, 0, 1);
}

/** idle + (full - idle) × utilisation. */
export function workingWatts(power: NodePower): Figure {
  const idle = idleWatts(power);
  const span = combine(fullWatts(power), idle, (full, low) => full.minus(low));
  const utilisation = figureOf(
    power.utilisation,
    'the utilisation of the nodes is not known, and the pool states no default',
  );
  return combine(
    idle,
    combine(span, utilisation, (watts, share) => watts.times(share)),
    (low, above) => low.plus(above),
  );
}

export function baselineWatts(power: NodePower, baseline: Baseline): Figure {
  switch (baseline) {
    case 'idle':
      return idleWatts(power);
    case 'suspended':
      return figureOf(power.suspendWatts, "the node's suspend watts are not known");
    case 'poweredOff':
      return known(dec(0));
  }
}

export function fullWatts(power: NodePower): Figure {
  return figureOf(power.fullWatts, "the node's full-load watts are not known");
}

function idleWatts(power: NodePower): Figure {
  return figureOf(power.idleWatts, "the node's idle watts are not known");
}
