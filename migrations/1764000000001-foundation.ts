import type { MigrationInterface, QueryRunner } from 'typeorm';
import { appendOnly, tenantTable } from './tenant-table.js';

const REQUIRE_ROLES = `
  DO $$
  DECLARE wanted text;
  BEGIN
    FOREACH wanted IN ARRAY ARRAY['yusuan_app', 'yusuan_worker'] LOOP
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        BEGIN
          EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'the database has no role %; run as a superuser: CREATE ROLE % LOGIN PASSWORD ''...'';', wanted, wanted;
        END;
      END IF;
    END LOOP;
  END $$;`;

/** Roles, the tenant of the request, append-only history, events, idempotency keys. */
export class Foundation1764000000001 implements MigrationInterface {
  name = 'Foundation1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REQUIRE_ROLES);
    await runner.query(`
      CREATE EXTENSION IF NOT EXISTS btree_gist;
      REVOKE ALL ON SCHEMA public FROM PUBLIC;
      GRANT USAGE ON SCHEMA public TO yusuan_app, yusuan_worker;

      CREATE FUNCTION yusuan_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        RETURN nullif(current_setting('yusuan.tenant_id', true), '')::uuid;
      CREATE FUNCTION yusuan_write_tenants() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(nullif(current_setting('yusuan.write_tenant_ids', true), ''), '{}')::uuid[];
      CREATE FUNCTION yusuan_centers() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(nullif(current_setting('yusuan.center_ids', true), ''), '{}')::uuid[];
      CREATE FUNCTION yusuan_is_platform_admin() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(current_setting('yusuan.platform_admin', true), '') = 'on';

      CREATE FUNCTION yusuan_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: correct it by a new row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
      END $$;

      CREATE FUNCTION yusuan_state_moves_event() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.event_seq <> OLD.event_seq + 1 THEN
          RAISE EXCEPTION '% %: state % to % without its event', TG_TABLE_NAME, OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
      END $$;

      -- Every change of state, of anything, in order (seq within its subject). tenant_id is null for what
      -- belongs to no tenant (offers, windows); such events are read through center_event.
      CREATE TABLE event (
        id uuid PRIMARY KEY,
        tenant_id uuid,
        center_id uuid,
        job_id uuid,
        subject_type text NOT NULL CHECK (subject_type IN ('job', 'segment', 'offer', 'window', 'apiKey', 'tenant', 'account')),
        subject_id uuid NOT NULL,
        seq integer NOT NULL CHECK (seq >= 1),
        type text NOT NULL,
        from_state text,
        to_state text,
        reason text,
        data jsonb NOT NULL DEFAULT '{}',
        actor_kind text NOT NULL CHECK (actor_kind IN ('apiKey', 'system', 'shell')),
        actor_id text NOT NULL,
        request_id text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT event_in_order UNIQUE (subject_id, seq)
      );
      CREATE INDEX event_of_job ON event (tenant_id, job_id, id);
      CREATE INDEX event_of_tenant ON event (tenant_id, id);
      ${tenantTable('event')}
      ${appendOnly('event')}
      -- What belongs to no tenant is recorded by the API too (an operator's offer, the platform's tenants).
      CREATE POLICY app_insert_untenanted ON event FOR INSERT TO yusuan_app WITH CHECK (tenant_id IS NULL);
      GRANT SELECT, INSERT ON event TO yusuan_app, yusuan_worker;
      CREATE VIEW center_event WITH (security_barrier) AS
        SELECT id, center_id, subject_type, subject_id, seq, type, from_state, to_state, reason, data, at
        FROM event WHERE tenant_id IS NULL AND center_id = ANY (yusuan_centers());
      GRANT SELECT ON center_event TO yusuan_app;

      CREATE TABLE idempotency_key (
        tenant_id uuid NOT NULL,
        route text NOT NULL,
        key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
        body_hash bytea NOT NULL,
        status smallint,
        location text,
        body jsonb,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, route, key)
      );
      CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
      ${tenantTable('idempotency_key')}
      GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO yusuan_app;
      GRANT SELECT, DELETE ON idempotency_key TO yusuan_worker;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
