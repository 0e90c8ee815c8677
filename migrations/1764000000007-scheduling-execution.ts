import type { MigrationInterface, QueryRunner } from 'typeorm';
import { appendOnly, tenantTable } from './tenant-table.js';

/** Forecasts, plan cycles, quotes; attempts and checkpoints. */
export class SchedulingExecution1764000000007 implements MigrationInterface {
  name = 'SchedulingExecution1764000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE forecast (
        job_id uuid PRIMARY KEY REFERENCES job,
        tenant_id uuid NOT NULL,
        starts_at timestamptz,
        finishes_at timestamptz,
        cost numeric(30, 12),
        currency text,
        segments jsonb NOT NULL DEFAULT '[]',
        reasons jsonb NOT NULL DEFAULT '[]',
        planned_at timestamptz NOT NULL
      );
      ${tenantTable('forecast')}
      GRANT SELECT ON forecast TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE, DELETE ON forecast TO yusuan_worker;

      CREATE TABLE plan_cycle (
        id uuid PRIMARY KEY,
        started_at timestamptz NOT NULL,
        seconds double precision NOT NULL,
        jobs integer NOT NULL,
        placed integer NOT NULL,
        refused integer NOT NULL,
        reserved integer NOT NULL,
        lost_races integer NOT NULL,
        plan_hash text NOT NULL
      );
      GRANT SELECT, INSERT, DELETE ON plan_cycle TO yusuan_worker;

      CREATE TABLE quote (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        request jsonb NOT NULL,
        options jsonb NOT NULL,
        quoted_at timestamptz NOT NULL,
        valid_until timestamptz NOT NULL
      );
      ${tenantTable('quote')}
      GRANT SELECT, INSERT ON quote TO yusuan_app;
      GRANT SELECT ON quote TO yusuan_worker;

      CREATE TABLE attempt (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        job_id uuid NOT NULL REFERENCES job,
        segment_id uuid NOT NULL REFERENCES segment,
        cluster_id uuid NOT NULL REFERENCES cluster,
        number integer NOT NULL CHECK (number >= 1),
        fence integer NOT NULL,
        token text NOT NULL UNIQUE,
        external_id text,
        state text NOT NULL CHECK (state IN ('SUBMITTING', 'QUEUED', 'RUNNING', 'ENDED')),
        time_limit_seconds integer NOT NULL CHECK (time_limit_seconds > 0),
        -- The job's useful run time behind the checkpoint that it resumes from.
        useful_before_seconds integer NOT NULL DEFAULT 0 CHECK (useful_before_seconds >= 0),
        -- How the job is asked for a checkpoint; null where it can't be cut, interval null: only before the end.
        checkpoint_signal text,
        checkpoint_interval_seconds integer,
        -- One broker at a time stages and submits it; after this instant another one may.
        dispatch_until timestamptz,
        submitted_at timestamptz,
        started_at timestamptz,
        ended_at timestamptz,
        outcome text,
        exit_code integer,
        -- What proved the end: the exit file, the scheduler's accounting, the operator.
        proof text,
        node_names text[] NOT NULL DEFAULT '{}',
        checkpoint_asked_at timestamptz,
        progress_offset bigint NOT NULL DEFAULT 0,
        progress_at timestamptz,
        created_at timestamptz NOT NULL,
        -- Its end is metered and its segment ended: nobody looks after it any more.
        settled_at timestamptz,
        UNIQUE (segment_id, number),
        UNIQUE (job_id, fence),
        CHECK ((state = 'ENDED') = (proof IS NOT NULL)),
        CHECK (settled_at IS NULL OR state = 'ENDED')
      );
      CREATE INDEX attempt_unsettled ON attempt (cluster_id, id) WHERE settled_at IS NULL;
      ${tenantTable('attempt')}
      GRANT SELECT ON attempt TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE ON attempt TO yusuan_worker;

      CREATE TABLE checkpoint (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        job_id uuid NOT NULL REFERENCES job,
        segment_id uuid NOT NULL REFERENCES segment,
        attempt_id uuid NOT NULL REFERENCES attempt,
        cluster_id uuid NOT NULL REFERENCES cluster,
        name text NOT NULL,
        manifest_sha256 text NOT NULL CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
        bytes bigint NOT NULL,
        useful_seconds integer NOT NULL CHECK (useful_seconds >= 0),
        sealed_at timestamptz NOT NULL,
        verified_at timestamptz NOT NULL,
        UNIQUE (attempt_id, name)
      );
      CREATE INDEX checkpoint_newest ON checkpoint (job_id, sealed_at DESC);
      ${tenantTable('checkpoint')}
      ${appendOnly('checkpoint')}
      GRANT SELECT ON checkpoint TO yusuan_app;
      GRANT SELECT, INSERT ON checkpoint TO yusuan_worker;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
