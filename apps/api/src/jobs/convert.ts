import {
  type Job as ApiJob,
  type JobListItem,
  secondsOfMinutes,
  type Segment as ApiSegment,
  type SubmitJob,
} from '#libs/contracts';
import type { Event as ApiEvent, Progress, ProgressPoint as ApiProgressPoint } from '#libs/contracts';
import type { Job, JobDemand, JobEvent, ProgressPoint, Segment, SubmitJobInput } from '#libs/jobs';
import { asId, type Currency, dec, Money, type ProjectId, type QuoteId } from '#libs/kernel';
import { fromApiInstantOrNull, toApiInstant, toApiInstantOrNull } from '../wire/instants.js';

const secondsOrNull = (minutes: number | null) => (minutes === null ? null : secondsOfMinutes(minutes));
const minutesOrNull = (seconds: number | null) => (seconds === null ? null : seconds / 60);

type ApiDemand = Pick<SubmitJob, 'resources' | 'workload' | 'checkpoint' | 'constraints' | 'objective'>;

/** What decides where a job can run and what it costs: the same for a quote and a submission. */
export function fromApiDemand(body: ApiDemand, currency: Currency): JobDemand {
  const { resources, constraints, checkpoint } = body;
  return {
    nodes: resources.nodes,
    devicesPerNode: resources.devicesPerNode,
    deviceKinds: resources.deviceKinds,
    minDeviceMemoryGib: resources.minDeviceMemoryGiB === null ? null : dec(resources.minDeviceMemoryGiB),
    walltimeSeconds: secondsOfMinutes(body.workload.walltimeMinutes),
    checkpoint: checkpoint && {
      intervalSeconds: secondsOrNull(checkpoint.intervalMinutes),
      sizeGib: checkpoint.sizeGiB,
      signal: checkpoint.signal,
      minSegmentSeconds: secondsOfMinutes(checkpoint.minSegmentMinutes),
    },
    centersAllowed: constraints.centersAllowed,
    centersDenied: constraints.centersDenied,
    earliestStartAt: fromApiInstantOrNull(constraints.earliestStart),
    deadlineAt: fromApiInstantOrNull(constraints.deadline),
    maxWaitSeconds: secondsOrNull(constraints.maxWaitMinutes),
    maxCost: constraints.maxCost && Money.fromJson(constraints.maxCost),
    currency,
    objective: body.objective,
    qos: 'normal',
  };
}

export function fromApiSubmitJob(
  body: SubmitJob,
  known: { readonly projectId: ProjectId; readonly currency: Currency },
): SubmitJobInput {
  return {
    ...fromApiDemand(body, known.currency),
    projectId: known.projectId,
    name: body.name,
    script: body.run.script,
    env: body.run.env,
    image: body.run.image,
    workload: body.workload,
    qos: body.qos,
    requeue: body.requeue,
    labels: body.labels,
    quoteId: body.quoteId === null ? null : asId<QuoteId>(body.quoteId),
  };
}

/** What other libraries know of a job. */
export interface JobJoins {
  readonly project: string;
  readonly reason: ApiJob['reason'];
  readonly expectedStartAt: number | null;
  readonly expectedFinishAt: number | null;
  readonly progress: ProgressPoint | null;
  readonly charged: Money;
  readonly provisional: Money;
}

export function toApiJobListItem(job: Job, joins: JobJoins): JobListItem {
  return {
    id: job.id,
    name: job.name,
    project: joins.project,
    state: job.state,
    reason: joins.reason,
    ...toApiDemand(job),
    qos: job.qos,
    requeue: job.requeue,
    quoteId: job.quoteId,
    labels: { ...job.labels },
    submittedAt: toApiInstant(job.submittedAt),
    startedAt: toApiInstantOrNull(job.startedAt),
    endedAt: toApiInstantOrNull(job.endedAt),
    exitCode: job.exitCode,
    expectedStart: toApiInstantOrNull(joins.expectedStartAt),
    expectedFinish: toApiInstantOrNull(joins.expectedFinishAt),
    progress: joins.progress && toApiProgress(joins.progress),
    cost: { charged: joins.charged.toJson(), provisional: joins.provisional.toJson() },
  };
}

export function toApiJob(job: Job, joins: JobJoins): ApiJob {
  return { ...toApiJobListItem(job, joins), run: { script: job.script, env: { ...job.env }, image: null } };
}

function toApiDemand(job: Job) {
  return {
    resources: {
      nodes: job.nodes,
      deviceKinds: [...job.deviceKinds],
      devicesPerNode: job.devicesPerNode,
      minDeviceMemoryGiB: job.minDeviceMemoryGib?.toNumber() ?? null,
    },
    workload: job.workload,
    checkpoint: job.checkpoint && {
      intervalMinutes: minutesOrNull(job.checkpoint.intervalSeconds),
      sizeGiB: job.checkpoint.sizeGib,
      signal: job.checkpoint.signal,
      minSegmentMinutes: job.checkpoint.minSegmentSeconds / 60,
    },
    constraints: {
      centersAllowed: [...job.centersAllowed],
      centersDenied: [...job.centersDenied],
      earliestStart: toApiInstantOrNull(job.earliestStartAt),
      deadline: toApiInstantOrNull(job.deadlineAt),
      maxWaitMinutes: minutesOrNull(job.maxWaitSeconds),
      maxCost: job.maxCost?.toJson() ?? null,
    },
    objective: job.objective,
  };
}

export function toApiSegment(segment: Segment, center: string): ApiSegment {
  return {
    id: segment.id,
    seq: segment.seq,
    center,
    poolId: segment.poolId,
    windowId: segment.windowId,
    nodes: segment.nodes,
    devicesPerNode: segment.devicesPerNode,
    state: segment.state,
    outcome: segment.outcome,
    plannedStart: toApiInstant(segment.startsAt),
    plannedEnd: toApiInstant(segment.endsAt),
    startedAt: toApiInstantOrNull(segment.runStartedAt),
    endedAt: toApiInstantOrNull(segment.runEndedAt),
    exitCode: segment.exitCode,
  };
}

export function toApiEvent(event: JobEvent): ApiEvent {
  return {
    id: event.id,
    type: event.type,
    subject: { type: event.subjectType, id: event.subjectId, seq: event.seq },
    from: event.fromState,
    to: event.toState,
    reason: event.reason,
    data: { ...event.data },
    actor: { ...event.actor },
    requestId: event.requestId,
    at: toApiInstant(event.at),
  };
}

function toApiProgress({ step, of, loss, at }: ProgressPoint): Progress {
  return { step, of, loss, at: toApiInstant(at) };
}

export function toApiProgressPoint(point: ProgressPoint): ApiProgressPoint {
  return { segment: point.segmentId, ...toApiProgress(point) };
}
