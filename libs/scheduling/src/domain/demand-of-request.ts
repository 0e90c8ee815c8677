import { type RequestQuote, secondsOfMinutes } from '#libs/contracts';
import { dec, Money, toEpochSeconds } from '#libs/kernel';
import type { EpochSeconds } from '#libs/kernel';
import type { JobDemand } from '#libs/jobs';

/** Where nothing names another one. */
const DEFAULT_CURRENCY = 'CNY';

const instantOrNull = (text: string | null): EpochSeconds | null =>
  text === null ? null : toEpochSeconds(new Date(text));

/** What the wire asks for, in the words and units of planning. The schema has checked it. */
export function demandOfRequest(request: RequestQuote): JobDemand {
  const { resources, workload, checkpoint, constraints } = request;
  return {
    nodes: resources.nodes,
    devicesPerNode: resources.devicesPerNode,
    deviceKinds: resources.deviceKinds,
    minDeviceMemoryGib: resources.minDeviceMemoryGiB === null ? null : dec(resources.minDeviceMemoryGiB),
    walltimeSeconds: secondsOfMinutes(workload.walltimeMinutes),
    checkpoint: checkpoint && {
      intervalSeconds: checkpoint.intervalMinutes === null ? null : secondsOfMinutes(checkpoint.intervalMinutes),
      sizeGib: checkpoint.sizeGiB,
      signal: checkpoint.signal,
      minSegmentSeconds: secondsOfMinutes(checkpoint.minSegmentMinutes),
    },
    centersAllowed: constraints.centersAllowed,
    centersDenied: constraints.centersDenied,
    earliestStartAt: instantOrNull(constraints.earliestStart),
    deadlineAt: instantOrNull(constraints.deadline),
    maxWaitSeconds: constraints.maxWaitMinutes === null ? null : secondsOfMinutes(constraints.maxWaitMinutes),
    maxCost: constraints.maxCost && Money.fromJson(constraints.maxCost),
    currency: constraints.maxCost?.currency ?? DEFAULT_CURRENCY,
    objective: request.objective,
    qos: 'normal',
  };
}
