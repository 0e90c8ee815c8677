import type { SubmitJob } from '#libs/contracts';
import type {
  ApiKeyId,
  CenterId,
  Currency,
  Decimal,
  EpochSeconds,
  JobId,
  Money,
  PoolId,
  ProjectId,
  QuoteId,
  SegmentId,
  TenantId,
  WindowId,
} from '#libs/kernel';
import type { JobState, ReasonCode } from './job-state.js';
import type { SegmentState } from './segment-state.js';

export interface JobCheckpoint {
  /** Null: only before a segment ends. */
  readonly intervalSeconds: number | null;
  readonly sizeGib: number;
  readonly signal: string;
  readonly minSegmentSeconds: number;
}

/** What decides where a job can run and what it may cost. */
export interface JobDemand {
  readonly nodes: number;
  readonly devicesPerNode: number;
  /** Empty: any. */
  readonly deviceKinds: readonly string[];
  readonly minDeviceMemoryGib: Decimal | null;
  readonly walltimeSeconds: number;
  /** Null: the job can't be cut. */
  readonly checkpoint: JobCheckpoint | null;
  /** Codes. Empty: any. */
  readonly centersAllowed: readonly string[];
  readonly centersDenied: readonly string[];
  readonly earliestStartAt: EpochSeconds | null;
  readonly deadlineAt: EpochSeconds | null;
  readonly maxWaitSeconds: number | null;
  readonly maxCost: Money | null;
  readonly currency: Currency;
  readonly objective: 'cost' | 'time';
  readonly qos: string;
}

/** A job as its submitter asks for it, checked by the wire's schema. */
export interface SubmitJobInput extends JobDemand {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly image: string | null;
  readonly workload: SubmitJob['workload'];
  readonly requeue: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly quoteId: QuoteId | null;
}

export interface Job extends SubmitJobInput {
  readonly id: JobId;
  readonly tenantId: TenantId;
  readonly state: JobState;
  /** Why it entered a waiting state; what the planner says now stands in the forecast. */
  readonly stateReason: ReasonCode | null;
  /** Of the newest attempt; reports of an older one are void. */
  readonly fence: number;
  /** Useful run time behind the newest verified checkpoint. */
  readonly usefulSeconds: number;
  readonly cancelRequestedAt: EpochSeconds | null;
  readonly exitCode: number | null;
  readonly submittedBy: ApiKeyId;
  readonly submittedAt: EpochSeconds;
  readonly startedAt: EpochSeconds | null;
  readonly endedAt: EpochSeconds | null;
}

/** What a state change needs to know of a job whose row is locked. */
export interface LockedJob {
  readonly id: JobId;
  readonly tenantId: TenantId;
  readonly state: JobState;
  readonly eventSeq: number;
  readonly fence: number;
  readonly canCheckpoint: boolean;
  readonly requeue: boolean;
  readonly usefulSeconds: number;
  readonly cancelRequestedAt: EpochSeconds | null;
}

export interface StandingSegment {
  readonly id: SegmentId;
  readonly state: SegmentState;
  readonly centerId: CenterId;
  readonly poolId: PoolId;
  readonly windowId: WindowId;
  readonly nodes: number;
  readonly startsAt: EpochSeconds;
  readonly endsAt: EpochSeconds;
  readonly runStartedAt: EpochSeconds | null;
  /** The job's useful run time, in all, if it goes as planned. */
  readonly expectedUsefulSeconds: number;
}

/** A job that is to be planned: it waits, or runs and may need a further segment. */
export interface PlannableJob extends JobDemand {
  readonly id: JobId;
  readonly tenantId: TenantId;
  readonly projectId: ProjectId;
  readonly state: JobState;
  readonly usefulSeconds: number;
  /** Wall time less what is behind a verified checkpoint; what its standing segments will add is not taken off. */
  readonly remainingSeconds: number;
  readonly submittedAt: EpochSeconds;
  readonly quoteId: QuoteId | null;
  readonly liveSegment: StandingSegment | null;
  readonly reservedSegment: StandingSegment | null;
  /** Where it last ran. */
  readonly lastCenterId: CenterId | null;
}
