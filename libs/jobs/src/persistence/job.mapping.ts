import {
  type ApiKeyId,
  type CenterId,
  dec,
  type EpochSeconds,
  type JobId,
  Money,
  type PoolId,
  type ProjectId,
  type QuoteId,
  type SegmentId,
  type TenantId,
  toEpochSeconds,
  type WindowId,
} from '#libs/kernel';
import type { JobEvent } from '../domain/job-event.js';
import type { JobState, ReasonCode } from '../domain/job-state.js';
import type { Job, JobCheckpoint, JobDemand, LockedJob, PlannableJob, StandingSegment } from '../domain/job.js';
import type { SegmentState } from '../domain/segment-state.js';

export function secondsOrNull(at: Date | null): EpochSeconds | null {
  return at && toEpochSeconds(at);
}

export const DEMAND_COLUMNS = `j.nodes, j.devices_per_node, j.device_kinds, j.min_device_memory_gib, j.walltime_seconds, j.checkpoint,
  j.centers_allowed, j.centers_denied, j.earliest_start_at, j.deadline_at, j.max_wait_seconds, j.max_cost, j.currency, j.objective, j.qos`;

export interface DemandRow {
  readonly nodes: number;
  readonly devices_per_node: number;
  readonly device_kinds: string[];
  readonly min_device_memory_gib: string | null;
  readonly walltime_seconds: number;
  readonly checkpoint: JobCheckpoint | null;
  readonly centers_allowed: string[];
  readonly centers_denied: string[];
  readonly earliest_start_at: Date | null;
  readonly deadline_at: Date | null;
  readonly max_wait_seconds: number | null;
  readonly max_cost: string | null;
  readonly currency: string;
  readonly objective: 'cost' | 'time';
  readonly qos: string;
}

function demandFromDb(row: DemandRow): JobDemand {
  return {
    nodes: row.nodes,
    devicesPerNode: row.devices_per_node,
    deviceKinds: row.device_kinds,
    minDeviceMemoryGib: row.min_device_memory_gib === null ? null : dec(row.min_device_memory_gib),
    walltimeSeconds: row.walltime_seconds,
    checkpoint: row.checkpoint,
    centersAllowed: row.centers_allowed,
    centersDenied: row.centers_denied,
    earliestStartAt: secondsOrNull(row.earliest_start_at),
    deadlineAt: secondsOrNull(row.deadline_at),
    maxWaitSeconds: row.max_wait_seconds,
    maxCost: row.max_cost === null ? null : Money.of(row.max_cost, row.currency),
    currency: row.currency,
    objective: row.objective,
    qos: row.qos,
  };
}

export const JOB_COLUMNS = `${DEMAND_COLUMNS}, j.id, j.tenant_id, j.project_id, j.name, j.state, j.state_reason, j.script, j.env, j.image,
  j.workload, j.requeue, j.labels, j.quote_id, j.fence, j.useful_seconds, j.cancel_requested_at, j.exit_code, j.submitted_by,
  j.submitted_at, j.started_at, j.ended_at`;

export interface JobRow extends DemandRow {
  readonly id: JobId;
  readonly tenant_id: TenantId;
  readonly project_id: ProjectId;
  readonly name: string;
  readonly state: JobState;
  readonly state_reason: ReasonCode | null;
  readonly script: string;
  readonly env: Record<string, string>;
  readonly image: string | null;
  readonly workload: Job['workload'];
  readonly requeue: boolean;
  readonly labels: Record<string, string>;
  readonly quote_id: QuoteId | null;
  readonly fence: number;
  readonly useful_seconds: number;
  readonly cancel_requested_at: Date | null;
  readonly exit_code: number | null;
  readonly submitted_by: ApiKeyId;
  readonly submitted_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

export function jobFromDb(row: JobRow): Job {
  return {
    ...demandFromDb(row),
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    name: row.name,
    state: row.state,
    stateReason: row.state_reason,
    script: row.script,
    env: row.env,
    image: row.image,
    workload: row.workload,
    requeue: row.requeue,
    labels: row.labels,
    quoteId: row.quote_id,
    fence: row.fence,
    usefulSeconds: row.useful_seconds,
    cancelRequestedAt: secondsOrNull(row.cancel_requested_at),
    exitCode: row.exit_code,
    submittedBy: row.submitted_by,
    submittedAt: toEpochSeconds(row.submitted_at),
    startedAt: secondsOrNull(row.started_at),
    endedAt: secondsOrNull(row.ended_at),
  };
}

export interface LockedJobRow {
  readonly id: JobId;
  readonly tenant_id: TenantId;
  readonly state: JobState;
  readonly event_seq: number;
  readonly fence: number;
  readonly can_checkpoint: boolean;
  readonly requeue: boolean;
  readonly useful_seconds: number;
  readonly cancel_requested_at: Date | null;
}

export function lockedJobFromDb(row: LockedJobRow): LockedJob {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    state: row.state,
    eventSeq: row.event_seq,
    fence: row.fence,
    canCheckpoint: row.can_checkpoint,
    requeue: row.requeue,
    usefulSeconds: row.useful_seconds,
    cancelRequestedAt: secondsOrNull(row.cancel_requested_at),
  };
}

export interface StandingRow {
  readonly job_id: JobId;
  readonly id: SegmentId;
  readonly state: SegmentState;
  readonly center_id: CenterId;
  readonly pool_id: PoolId;
  readonly window_id: WindowId;
  readonly nodes: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly run_started_at: Date | null;
  readonly expected_useful_seconds: number;
}

export function standingFromDb(row: StandingRow): StandingSegment {
  return {
    id: row.id,
    state: row.state,
    centerId: row.center_id,
    poolId: row.pool_id,
    windowId: row.window_id,
    nodes: row.nodes,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
    runStartedAt: secondsOrNull(row.run_started_at),
    expectedUsefulSeconds: row.expected_useful_seconds,
  };
}

export interface PlannableRow extends DemandRow {
  readonly id: JobId;
  readonly tenant_id: TenantId;
  readonly project_id: ProjectId;
  readonly state: JobState;
  readonly useful_seconds: number;
  readonly submitted_at: Date;
  readonly quote_id: QuoteId | null;
  readonly last_center_id: CenterId | null;
}

export function plannableFromDb(row: PlannableRow, standing: readonly StandingSegment[]): PlannableJob {
  return {
    ...demandFromDb(row),
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    state: row.state,
    usefulSeconds: row.useful_seconds,
    remainingSeconds: Math.max(0, row.walltime_seconds - row.useful_seconds),
    submittedAt: toEpochSeconds(row.submitted_at),
    quoteId: row.quote_id,
    liveSegment: standing.find((segment) => segment.state !== 'RESERVED') ?? null,
    reservedSegment: standing.find((segment) => segment.state === 'RESERVED') ?? null,
    lastCenterId: row.last_center_id,
  };
}

export interface EventRow {
  readonly id: string;
  readonly subject_type: JobEvent['subjectType'];
  readonly subject_id: string;
  readonly seq: number;
  readonly type: string;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly reason: string | null;
  readonly data: Record<string, unknown>;
  readonly actor_kind: JobEvent['actor']['kind'];
  readonly actor_id: string;
  readonly request_id: string;
  readonly at: Date;
}

export function eventFromDb(row: EventRow): JobEvent {
  return {
    id: row.id,
    subjectType: row.subject_type,
    subjectId: row.subject_id,
    seq: row.seq,
    type: row.type,
    fromState: row.from_state,
    toState: row.to_state,
    reason: row.reason,
    data: row.data,
    actor: { kind: row.actor_kind, id: row.actor_id },
    requestId: row.request_id,
    at: toEpochSeconds(row.at),
  };
}
