import type {
  Event as ApiEvent,
  Explanation,
  Job as ApiJob,
  JobListItem,
  Progress,
  ProgressPoint as ApiProgressPoint,
  Segment as ApiSegment,
  SubmitJob,
} from '#libs/contracts';
import { isTerminal, type Job, type JobEvent, type ProgressPoint, type Segment, type SubmitJobInput } from '#libs/jobs';
import { asId, type CenterId, type Currency, type Decimal, Money, type ProjectId, type QuoteId } from '#libs/kernel';
import { demandOfRequest, type JobForecast } from '#libs/scheduling';
import { toApiInstant, toApiInstantOrNull } from '../wire/instants.js';

const minutesOrNull = (seconds: number | null) => (seconds === null ? null : seconds / 60);

export function fromApiSubmitJob(
  body: SubmitJob,
  known: { readonly projectId: ProjectId; readonly currency: Currency },
): SubmitJobInput {
  return {
    ...demandOfRequest(body),
    currency: known.currency,
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
  readonly forecast: JobForecast | null;
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
    reason: reasonOf(job, joins.forecast),
    ...toApiDemand(job),
    qos: job.qos,
    requeue: job.requeue,
    quoteId: job.quoteId,
    labels: { ...job.labels },
    submittedAt: toApiInstant(job.submittedAt),
    startedAt: toApiInstantOrNull(job.startedAt),
    endedAt: toApiInstantOrNull(job.endedAt),
    exitCode: job.exitCode,
    expectedStart: toApiInstantOrNull(joins.forecast?.startsAt ?? null),
    expectedFinish: toApiInstantOrNull(joins.forecast?.finishesAt ?? null),
    progress: joins.progress && toApiProgress(joins.progress),
    cost: { charged: joins.charged.toJson(), provisional: joins.provisional.toJson() },
  };
}

export function toApiJob(job: Job, joins: JobJoins): ApiJob {
  return { ...toApiJobListItem(job, joins), run: { script: job.script, env: { ...job.env }, image: null } };
}

/** What the newest plan says first; before there is one, why it began to wait. */
function reasonOf(job: Job, forecast: JobForecast | null): ApiJob['reason'] {
  if (isTerminal(job.state)) return null;
  return forecast?.reasons[0]?.code ?? job.stateReason;
}

/** @param centerCodes of the planned segments' centers */
export function toApiExplanation(
  job: Job,
  forecast: JobForecast | null,
  centerCodes: ReadonlyMap<CenterId, string>,
): Explanation {
  const money = (amount: Decimal) => Money.of(amount, forecast?.currency ?? job.currency).toJson();
  return {
    jobId: job.id,
    state: job.state,
    plannedAt: toApiInstantOrNull(forecast?.plannedAt ?? null),
    expectedStart: toApiInstantOrNull(forecast?.startsAt ?? null),
    expectedFinish: toApiInstantOrNull(forecast?.finishesAt ?? null),
    expectedCost: forecast?.cost ? money(forecast.cost) : null,
    segments: (forecast?.segments ?? []).map((segment) => ({
      center: centerCodes.get(segment.centerId) ?? '',
      poolId: segment.poolId,
      windowId: segment.windowId,
      nodes: segment.nodes,
      start: toApiInstant(segment.startsAt),
      end: toApiInstant(segment.endsAt),
      cost: money(segment.cost),
    })),
    reasons: (forecast?.reasons ?? []).map((reason) => ({ ...reason, figures: { ...reason.figures } })),
  };
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
