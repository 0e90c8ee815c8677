import type { MigrationInterface, QueryRunner } from 'typeorm';
import { appendOnly, stateEvents, tenantTable } from './tenant-table.js';

const LIVE = `('SUBMITTING', 'QUEUED', 'RUNNING', 'LOST_CONTACT', 'CHECKPOINTING')`;

/** Jobs and their segments. Invariant 2 (one live segment a job) is two partial unique indexes. */
export class Jobs1764000000005 implements MigrationInterface {
  name = 'Jobs1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES tenant,
        project_id uuid NOT NULL REFERENCES project,
        name text NOT NULL,
        state text NOT NULL CHECK (state IN ('PENDING', 'SCHEDULED', 'CONFIGURING', 'RUNNING', 'LOST_CONTACT', 'COMPLETING', 'COMPLETED',
          'FAILED', 'TIMEOUT', 'CANCELLED', 'PREEMPTED', 'NODE_FAIL', 'DEADLINE', 'OUT_OF_BUDGET')),
        state_reason text,
        script text NOT NULL,
        env jsonb NOT NULL DEFAULT '{}',
        image text,
        nodes integer NOT NULL CHECK (nodes > 0),
        devices_per_node integer NOT NULL CHECK (devices_per_node > 0),
        device_kinds text[] NOT NULL DEFAULT '{}',
        min_device_memory_gib numeric(12, 3),
        workload jsonb NOT NULL,
        walltime_seconds integer NOT NULL CHECK (walltime_seconds > 0),
        -- { intervalSeconds, sizeGib, signal, minSegmentSeconds } or null: the job can't be cut.
        checkpoint jsonb,
        centers_allowed text[] NOT NULL DEFAULT '{}',
        centers_denied text[] NOT NULL DEFAULT '{}',
        earliest_start_at timestamptz,
        deadline_at timestamptz,
        max_wait_seconds integer,
        max_cost numeric(30, 12),
        currency text NOT NULL,
        objective text NOT NULL CHECK (objective IN ('cost', 'time')),
        qos text NOT NULL,
        requeue boolean NOT NULL,
        labels jsonb NOT NULL DEFAULT '{}',
        quote_id uuid,
        -- Rises with each attempt; reports of an attempt with a lower fence are void.
        fence integer NOT NULL DEFAULT 0,
        -- Useful run time behind the newest verified checkpoint.
        useful_seconds integer NOT NULL DEFAULT 0,
        cancel_requested_at timestamptz,
        exit_code integer,
        submitted_by uuid NOT NULL,
        submitted_at timestamptz NOT NULL,
        started_at timestamptz,
        ended_at timestamptz,
        event_seq integer NOT NULL
      );
      CREATE INDEX job_page ON job (tenant_id, id DESC);
      CREATE INDEX job_waiting ON job (id) WHERE state IN ('PENDING', 'SCHEDULED', 'CONFIGURING', 'RUNNING', 'LOST_CONTACT', 'COMPLETING');
      ${tenantTable('job')}
      ${stateEvents('job')}
      GRANT SELECT, INSERT ON job TO yusuan_app;
      GRANT UPDATE (state, state_reason, cancel_requested_at, ended_at, event_seq) ON job TO yusuan_app;
      GRANT SELECT, UPDATE ON job TO yusuan_worker;

      CREATE TABLE job_label (
        tenant_id uuid NOT NULL,
        job_id uuid NOT NULL REFERENCES job,
        key text NOT NULL,
        value text NOT NULL,
        PRIMARY KEY (job_id, key)
      );
      CREATE INDEX job_label_search ON job_label (tenant_id, key, value, job_id DESC);
      ${tenantTable('job_label')}
      GRANT SELECT, INSERT ON job_label TO yusuan_app;

      CREATE TABLE segment (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        job_id uuid NOT NULL REFERENCES job,
        seq integer NOT NULL CHECK (seq >= 1),
        center_id uuid NOT NULL REFERENCES center,
        cluster_id uuid NOT NULL REFERENCES cluster,
        pool_id uuid NOT NULL REFERENCES pool,
        offer_id uuid NOT NULL REFERENCES offer,
        window_id uuid NOT NULL REFERENCES offer_window,
        window_generation integer NOT NULL,
        nodes integer NOT NULL CHECK (nodes > 0),
        devices_per_node integer NOT NULL CHECK (devices_per_node > 0),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
        state text NOT NULL CHECK (state IN ('RESERVED', 'SUBMITTING', 'QUEUED', 'RUNNING', 'LOST_CONTACT', 'CHECKPOINTING', 'ENDED')),
        outcome text CHECK (outcome IN ('completed', 'failed', 'preempted', 'window_end', 'timeout', 'cancelled', 'node_fail', 'lost', 'duplicate')),
        price_schedule_id uuid NOT NULL,
        hold_id uuid NOT NULL,
        run_started_at timestamptz,
        run_ended_at timestamptz,
        exit_code integer,
        -- The job's useful run time, in all, if this segment goes as planned: what is left to plan follows from it.
        expected_useful_seconds integer NOT NULL CHECK (expected_useful_seconds >= 0),
        event_seq integer NOT NULL,
        created_at timestamptz NOT NULL,
        CHECK ((state = 'ENDED') = (outcome IS NOT NULL)),
        UNIQUE (job_id, seq),
        -- The live segment of a job and the one reserved beside it never overlap.
        CONSTRAINT segment_no_overlap EXCLUDE USING gist (job_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (state <> 'ENDED')
      );
      CREATE UNIQUE INDEX segment_one_live ON segment (job_id) WHERE state IN ${LIVE};
      CREATE UNIQUE INDEX segment_one_reserved ON segment (job_id) WHERE state = 'RESERVED';
      CREATE INDEX segment_unfinished ON segment (cluster_id, id) WHERE state <> 'ENDED';
      CREATE INDEX segment_of_center ON segment (center_id, id DESC);
      ${tenantTable('segment')}
      ${stateEvents('segment')}
      GRANT SELECT ON segment TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE ON segment TO yusuan_worker;
      ALTER TABLE reservation ADD CONSTRAINT reservation_of_segment FOREIGN KEY (segment_id) REFERENCES segment DEFERRABLE INITIALLY DEFERRED;

      -- What a center's operator may see of the segments at the center: no script, environment, logs or names.
      CREATE VIEW center_segment WITH (security_barrier) AS
        SELECT s.id, s.job_id, t.code AS tenant_code, s.center_id, s.pool_id, s.window_id, s.offer_id, s.seq, s.nodes, s.devices_per_node,
          s.starts_at, s.ends_at, s.state, s.outcome, s.run_started_at, s.run_ended_at, s.created_at
        FROM segment s JOIN tenant t ON t.id = s.tenant_id WHERE s.center_id = ANY (yusuan_centers());
      GRANT SELECT ON center_segment TO yusuan_app;

      -- Progress as the program reported it, at most a line a second kept.
      CREATE TABLE progress_point (
        tenant_id uuid NOT NULL,
        job_id uuid NOT NULL REFERENCES job,
        segment_id uuid NOT NULL REFERENCES segment,
        step bigint NOT NULL,
        of_steps bigint,
        loss double precision,
        at timestamptz NOT NULL,
        PRIMARY KEY (job_id, segment_id, step)
      );
      ${tenantTable('progress_point')}
      GRANT SELECT ON progress_point TO yusuan_app;
      GRANT SELECT, INSERT ON progress_point TO yusuan_worker;
      ${appendOnly('progress_point')}
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
