import { durationSeconds } from '#libs/kernel';
import type {
  AttemptId,
  CenterId,
  EpochSeconds,
  HoldId,
  Interval,
  JobId,
  PoolId,
  PriceScheduleId,
  ProjectId,
  SegmentId,
  TenantId,
} from '#libs/kernel';
import type { EnergyFigures } from '#libs/energy';
import { usageCuts } from '#libs/pricing';
import { energyOf, tariffChanges } from './metering-site.js';
import type { MeteringSite } from './metering-site.js';

/** An attempt that was seen to start, as it was handed over. Nodes are sold whole. */
export interface StartedAttempt {
  readonly attemptId: AttemptId;
  readonly tenantId: TenantId;
  readonly projectId: ProjectId;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly centerId: CenterId;
  readonly poolId: PoolId;
  readonly holdId: HoldId;
  readonly priceScheduleId: PriceScheduleId;
  readonly nodes: number;
  /** The pool's, whatever part of a node the job asked for. */
  readonly devicesPerNode: number;
  /** The cluster's own start. */
  readonly startedAt: EpochSeconds;
  /** The start plus the time limit: seconds beyond are metered and charged to nobody. */
  readonly billableUntil: EpochSeconds;
}

export interface MeteredAttempt extends StartedAttempt {
  /** The last instant at which the cluster was seen to run it. */
  readonly seenUntil: EpochSeconds;
  readonly meteredUntil: EpochSeconds;
  readonly endedAt: EpochSeconds | null;
}

/** A usage record to be: what was used in a closed interval. */
export interface UsageDraft extends Interval {
  readonly deviceKind: string | null;
  readonly deviceSeconds: number;
  readonly billableDeviceSeconds: number;
  readonly energy: EnergyFigures;
}

export interface MeteringTerms {
  readonly now: EpochSeconds;
  readonly billingZone: string;
  readonly site: MeteringSite;
}

/**
 * The records that can be closed now: cut at UTC hours, midnights of the billing zone, the time limit and
 * changes of tariff. Of an attempt that may still run only whole pieces, and none past what was seen: while a
 * cluster is out of reach nobody can say whether it runs.
 */
export function closableUsage(attempt: MeteredAttempt, terms: MeteringTerms): UsageDraft[] {
  return closedIntervals(attempt, terms).map((interval) => draftUsage(attempt, interval, terms.site));
}

/** The use that no record holds yet, up to now or the end: shown as provisional. In the pieces that records will have. */
export function openUsage(attempt: MeteredAttempt, terms: MeteringTerms): UsageDraft[] {
  const endsAt = attempt.endedAt ?? terms.now;
  if (endsAt <= attempt.meteredUntil) return [];
  return cut(attempt, { startsAt: attempt.meteredUntil, endsAt }, terms).map((interval) =>
    draftUsage(attempt, interval, terms.site),
  );
}

function closedIntervals(attempt: MeteredAttempt, terms: MeteringTerms): Interval[] {
  const endsAt = attempt.endedAt ?? Math.min(terms.now, attempt.seenUntil);
  if (endsAt <= attempt.meteredUntil) return [];
  if (attempt.endedAt !== null) return cut(attempt, { startsAt: attempt.meteredUntil, endsAt }, terms);
  // One second more, so that a piece that ends exactly here is seen to end at a cut.
  const pieces = cut(attempt, { startsAt: attempt.meteredUntil, endsAt: endsAt + 1 }, terms);
  return pieces.filter((piece) => piece.endsAt <= endsAt);
}

function cut(attempt: MeteredAttempt, interval: Interval, { billingZone, site }: MeteringTerms): Interval[] {
  return usageCuts(interval, billingZone, [attempt.billableUntil, ...tariffChanges(site)]);
}

function draftUsage(attempt: MeteredAttempt, interval: Interval, site: MeteringSite): UsageDraft {
  const deviceSeconds = attempt.nodes * attempt.devicesPerNode * durationSeconds(interval);
  return {
    ...interval,
    deviceKind: site.deviceKind,
    deviceSeconds,
    // The time limit is a cut, so a record lies wholly on one side of it.
    billableDeviceSeconds: interval.endsAt <= attempt.billableUntil ? deviceSeconds : 0,
    energy: energyOf(site, { ...interval, nodes: attempt.nodes }),
  };
}
