import type { EpochSeconds } from '#libs/kernel';
import { countNodes, formatInstant, type Reason } from './reason.js';
import type { PlannerJob } from './types.js';

/** `4 nodes of a100-80g or h20`. */
export function describeNeed(job: PlannerJob): string {
  const kinds = job.deviceKinds.length === 0 ? 'any device kind' : job.deviceKinds.join(' or ');
  return `${countNodes(job.nodes)} of ${kinds}`;
}

export function beginTime(at: EpochSeconds, more: string): Reason {
  return { code: 'BeginTime', message: `may not start before ${formatInstant(at)}${more}`, figures: { startsAt: at } };
}
