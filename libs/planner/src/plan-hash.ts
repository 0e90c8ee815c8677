import type { Forecast, PlannedReservation, PlannedSegment, Refusal } from './types.js';
import type { Reason } from './reason.js';

/** The plan as text, one line a fact, nothing left out: equal plans give equal texts. */
export function canonicalPlan(plan: {
  forecasts: readonly Forecast[];
  refusals: readonly Refusal[];
  reservations: readonly PlannedReservation[];
}): string {
  return [
    ...plan.forecasts.flatMap((one) => [
      `forecast ${one.jobId} ${one.startsAt} ${one.finishesAt ?? '-'} ${one.cost.toFixed()}`,
      ...one.segments.map(segmentLine),
      ...one.reasons.map(reasonLine),
    ]),
    ...plan.refusals.flatMap((one) => [`refusal ${one.jobId}`, ...one.reasons.map(reasonLine)]),
    ...plan.reservations.map((one) => `reserve ${one.jobId} ${one.hold.toFixed()} ${segmentLine(one.segment)}`),
  ].join('\n');
}

function segmentLine(one: PlannedSegment): string {
  return `${one.windowId} ${one.laneId} ${one.poolId} ${one.centerId} ${one.startsAt} ${one.endsAt} ${one.nodes} ${one.devices} ${one.usefulSeconds} ${one.cost.toFixed()}`;
}

function reasonLine(one: Reason): string {
  return `${one.code} ${one.message} ${JSON.stringify(one.figures)}`;
}

/** FNV-1a, 64 bits, over UTF-16 code units, as 16 hexadecimal digits. Not cryptographic: it tells plans apart, nothing more. */
export function hashText(text: string): string {
  // The state in four 16-bit limbs, lowest first; the prime is 2^40 + 0x1b3.
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2];
  for (let i = 0; i < text.length; i++) {
    a ^= text.charCodeAt(i);
    const low = a * 0x1b3;
    const second = b * 0x1b3 + (low >>> 16);
    const third = c * 0x1b3 + a * 0x100 + (second >>> 16);
    const fourth = d * 0x1b3 + b * 0x100 + (third >>> 16);
    [a, b, c, d] = [low & 0xffff, second & 0xffff, third & 0xffff, fourth & 0xffff];
  }
  return [d, c, b, a].map((limb) => limb.toString(16).padStart(4, '0')).join('');
}
