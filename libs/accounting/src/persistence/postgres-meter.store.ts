import { Injectable } from '@nestjs/common';
import { fromEpochSeconds, toEpochSeconds } from '#libs/kernel';
import type {
  AttemptId,
  CenterId,
  EpochSeconds,
  HoldId,
  JobId,
  PoolId,
  PriceScheduleId,
  ProjectId,
  SegmentId,
  TenantId,
} from '#libs/kernel';
import type { EnergyFigures } from '#libs/energy';
import { type TxContext, execute, query } from '#libs/platform';
import { type CloseUsage, MeterStore, type NewUsageRecord } from '../application/meter.store.js';
import type { MeteredAttempt, StartedAttempt } from '../domain/metered-attempt.js';
import { plain, rows, secondsOrNull, timestamp } from './rows.js';

interface AttemptRow {
  readonly attempt_id: AttemptId;
  readonly tenant_id: TenantId;
  readonly project_id: ProjectId;
  readonly job_id: JobId;
  readonly segment_id: SegmentId;
  readonly center_id: CenterId;
  readonly pool_id: PoolId;
  readonly hold_id: HoldId;
  readonly price_schedule_id: PriceScheduleId;
  readonly nodes: number;
  readonly devices_per_node: number;
  readonly started_at: Date;
  readonly billable_until: Date;
  readonly seen_until: Date;
  readonly metered_until: Date;
  readonly ended_at: Date | null;
}

const COLUMNS = `attempt_id, tenant_id, project_id, job_id, segment_id, center_id, pool_id, hold_id, price_schedule_id, nodes,
  devices_per_node, started_at, billable_until, seen_until, metered_until, ended_at`;

/** A sighting is written only so long after the last one: a cluster's look-around every few seconds is no write. */
const SEEN_EVERY = `interval '1 minute'`;

const CLOSE_USAGE = `
  WITH moved AS (
    UPDATE metered_attempt SET metered_until = $4, closed_at = $5
    WHERE attempt_id = $1 AND closed_at IS NULL AND metered_until = $2 AND ended_at IS NOT DISTINCT FROM $3
    RETURNING tenant_id, project_id, job_id, segment_id, attempt_id, center_id, pool_id, nodes, devices_per_node
  ), recorded AS (
    INSERT INTO usage_record (id, tenant_id, project_id, job_id, segment_id, attempt_id, center_id, pool_id, nodes, devices_per_node,
      device_kind, starts_at, ends_at, device_seconds, billable_device_seconds, it_kwh, marginal_it_kwh, facility_kwh,
      marginal_facility_kwh, electricity_cost, marginal_electricity_cost, electricity_currency, carbon_kg, marginal_carbon_kg,
      energy_provenance, energy_basis, created_at)
    SELECT r.id, m.tenant_id, m.project_id, m.job_id, m.segment_id, m.attempt_id, m.center_id, m.pool_id, m.nodes, m.devices_per_node,
      r.device_kind, r.starts_at, r.ends_at, r.device_seconds, r.billable_device_seconds, r.it_kwh, r.marginal_it_kwh, r.facility_kwh,
      r.marginal_facility_kwh, r.electricity_cost, r.marginal_electricity_cost, r.electricity_currency, r.carbon_kg, r.marginal_carbon_kg,
      r.energy_provenance, r.energy_basis, $7
    FROM moved m, jsonb_to_recordset($6::jsonb) AS r (id uuid, device_kind text, starts_at timestamptz, ends_at timestamptz,
      device_seconds bigint, billable_device_seconds bigint, it_kwh numeric, marginal_it_kwh numeric, facility_kwh numeric,
      marginal_facility_kwh numeric, electricity_cost numeric, marginal_electricity_cost numeric, electricity_currency text,
      carbon_kg numeric, marginal_carbon_kg numeric, energy_provenance text, energy_basis jsonb)
    RETURNING id
  ), queued AS (
    INSERT INTO rating_queue (usage_record_id, queued_at, retry_at) SELECT id, $7, $7 FROM recorded
  )
  SELECT attempt_id FROM moved`;

@Injectable()
export class PostgresMeterStore extends MeterStore {
  async insertAttempt(ctx: TxContext, attempt: StartedAttempt): Promise<boolean> {
    const inserted = await query<{ attempt_id: AttemptId }>(
      ctx,
      `INSERT INTO metered_attempt (${COLUMNS})
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $12, NULL)
       ON CONFLICT (attempt_id) DO NOTHING RETURNING attempt_id`,
      [
        attempt.attemptId,
        attempt.tenantId,
        attempt.projectId,
        attempt.jobId,
        attempt.segmentId,
        attempt.centerId,
        attempt.poolId,
        attempt.holdId,
        attempt.priceScheduleId,
        attempt.nodes,
        attempt.devicesPerNode,
        fromEpochSeconds(attempt.startedAt),
        fromEpochSeconds(attempt.billableUntil),
      ],
    );
    return inserted.length === 1;
  }

  async see(ctx: TxContext, attemptIds: readonly AttemptId[], until: EpochSeconds): Promise<void> {
    if (attemptIds.length === 0) return;
    await execute(
      ctx,
      `UPDATE metered_attempt SET seen_until = $2
       WHERE attempt_id = ANY ($1) AND ended_at IS NULL AND seen_until <= $2::timestamptz - ${SEEN_EVERY}`,
      [attemptIds, fromEpochSeconds(until)],
    );
  }

  async end(ctx: TxContext, attemptId: AttemptId, endedAt: EpochSeconds): Promise<boolean> {
    const changed = await execute(
      ctx,
      `UPDATE metered_attempt SET ended_at = greatest($2, metered_until) WHERE attempt_id = $1 AND ended_at IS NULL`,
      [attemptId, fromEpochSeconds(endedAt)],
    );
    return changed === 1;
  }

  async findUnclosed(ctx: TxContext, attemptId: AttemptId): Promise<MeteredAttempt | null> {
    const [row] = await query<AttemptRow>(
      ctx,
      `SELECT ${COLUMNS} FROM metered_attempt WHERE attempt_id = $1 AND closed_at IS NULL`,
      [attemptId],
    );
    return row ? fromDbAttempt(row) : null;
  }

  async findDue(ctx: TxContext, now: EpochSeconds, limit: number): Promise<AttemptId[]> {
    const found = await query<{ attempt_id: AttemptId }>(
      ctx,
      `SELECT attempt_id FROM metered_attempt WHERE closed_at IS NULL
         AND (ended_at IS NOT NULL OR date_trunc('hour', least(seen_until, $1), 'UTC') > metered_until)
       ORDER BY attempt_id LIMIT $2`,
      [fromEpochSeconds(now), limit],
    );
    return found.map((row) => row.attempt_id);
  }

  async findUnclosedOfJobs(ctx: TxContext, jobIds: readonly JobId[]): Promise<MeteredAttempt[]> {
    const found = await query<AttemptRow>(
      ctx,
      `SELECT ${COLUMNS} FROM metered_attempt WHERE job_id = ANY ($1) AND closed_at IS NULL ORDER BY attempt_id`,
      [jobIds],
    );
    return found.map(fromDbAttempt);
  }

  async closeUsage(ctx: TxContext, { attempt, records, meteredUntil, closes, at }: CloseUsage): Promise<boolean> {
    const moved = await query(ctx, CLOSE_USAGE, [
      attempt.attemptId,
      fromEpochSeconds(attempt.meteredUntil),
      attempt.endedAt === null ? null : fromEpochSeconds(attempt.endedAt),
      fromEpochSeconds(meteredUntil),
      closes ? at : null,
      rows(records.map(toDbUsageRecord)),
      at,
    ]);
    return moved.length === 1;
  }
}

function fromDbAttempt(row: AttemptRow): MeteredAttempt {
  return {
    attemptId: row.attempt_id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    jobId: row.job_id,
    segmentId: row.segment_id,
    centerId: row.center_id,
    poolId: row.pool_id,
    holdId: row.hold_id,
    priceScheduleId: row.price_schedule_id,
    nodes: row.nodes,
    devicesPerNode: row.devices_per_node,
    startedAt: toEpochSeconds(row.started_at),
    billableUntil: toEpochSeconds(row.billable_until),
    seenUntil: toEpochSeconds(row.seen_until),
    meteredUntil: toEpochSeconds(row.metered_until),
    endedAt: secondsOrNull(row.ended_at),
  };
}

function toDbUsageRecord({ energy, ...record }: NewUsageRecord) {
  return {
    id: record.id,
    device_kind: record.deviceKind,
    starts_at: timestamp(record.startsAt),
    ends_at: timestamp(record.endsAt),
    device_seconds: record.deviceSeconds,
    billable_device_seconds: record.billableDeviceSeconds,
    it_kwh: plain(energy.itKwh),
    marginal_it_kwh: plain(energy.marginalItKwh),
    facility_kwh: plain(energy.facilityKwh),
    marginal_facility_kwh: plain(energy.marginalFacilityKwh),
    electricity_cost: plain(energy.electricityCost),
    marginal_electricity_cost: plain(energy.marginalElectricityCost),
    electricity_currency: energy.electricityCurrency,
    carbon_kg: plain(energy.carbonKg),
    marginal_carbon_kg: plain(energy.marginalCarbonKg),
    energy_provenance: energy.provenance,
    energy_basis: basisOf(energy),
  };
}

/** Where the figures come from, and why those that are missing are. */
function basisOf(energy: EnergyFigures) {
  return {
    baseline: energy.baseline,
    itProvenance: energy.itProvenance,
    powerSource: energy.powerSource,
    pue: plain(energy.pue),
    pueYear: energy.pueYear,
    pueSource: energy.pueSource,
    marginalPue: plain(energy.marginalPue),
    marginalPueBasis: energy.marginalPueBasis,
    tariffSource: energy.tariffSource,
    tariffRepresentative: energy.tariffRepresentative,
    factorYear: energy.factorYear,
    factorMethod: energy.factorMethod,
    factorSource: energy.factorSource,
    marginalCarbonMethod: energy.marginalCarbonMethod,
    unknown: energy.unknown,
  };
}
