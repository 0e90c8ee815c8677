import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Tenants, projects, members, API keys. Keys are stored as SHA-256 hashes only. */
export class Identity1764000000002 implements MigrationInterface {
  name = 'Identity1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenant (
        id uuid PRIMARY KEY,
        code text NOT NULL UNIQUE,
        name text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('platform', 'customer')),
        created_at timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX tenant_one_platform ON tenant (kind) WHERE kind = 'platform';
      ${tenantTable('tenant', 'id')}
      GRANT SELECT, INSERT, UPDATE ON tenant TO yusuan_app;
      GRANT SELECT ON tenant TO yusuan_worker;
      CREATE VIEW tenant_directory WITH (security_barrier) AS
        SELECT id, code, name, kind, created_at FROM tenant WHERE yusuan_is_platform_admin();
      GRANT SELECT ON tenant_directory TO yusuan_app;

      CREATE TABLE project (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES tenant,
        code text NOT NULL,
        name text NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant_id, code)
      );
      ${tenantTable('project')}
      GRANT SELECT, INSERT, UPDATE ON project TO yusuan_app;
      GRANT SELECT ON project TO yusuan_worker;

      CREATE TABLE member (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES tenant,
        name text NOT NULL,
        email text,
        roles text[] NOT NULL,
        created_at timestamptz NOT NULL,
        removed_at timestamptz,
        UNIQUE (tenant_id, email)
      );
      ${tenantTable('member')}
      GRANT SELECT, INSERT, UPDATE ON member TO yusuan_app;

      CREATE TABLE api_key (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES tenant,
        member_id uuid REFERENCES member,
        name text NOT NULL,
        prefix text NOT NULL,
        key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
        roles text[] NOT NULL CHECK (cardinality(roles) > 0
          AND roles <@ ARRAY['platformAdmin', 'centerOperator', 'owner', 'submitter', 'finance', 'auditor']),
        center_ids uuid[] NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz
      );
      CREATE INDEX api_key_of_tenant ON api_key (tenant_id, id);
      ${tenantTable('api_key')}
      GRANT SELECT, INSERT, UPDATE ON api_key TO yusuan_app;
      -- Whose key it is, for platform administrators: they revoke keys of any tenant, in that tenant's scope.
      CREATE VIEW api_key_directory WITH (security_barrier) AS
        SELECT id, tenant_id FROM api_key WHERE yusuan_is_platform_admin();
      GRANT SELECT ON api_key_directory TO yusuan_app;

      -- The one look-up that happens before a tenant is known.
      CREATE FUNCTION yusuan_find_api_key(wanted bytea)
        RETURNS TABLE (id uuid, tenant_id uuid, tenant_code text, tenant_kind text, member_id uuid, name text, roles text[], center_ids uuid[],
          expires_at timestamptz, revoked_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
        BEGIN ATOMIC
          SELECT k.id, k.tenant_id, t.code, t.kind, k.member_id, k.name, k.roles, k.center_ids, k.expires_at, k.revoked_at
          FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.key_hash = wanted;
        END;
      REVOKE ALL ON FUNCTION yusuan_find_api_key(bytea) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION yusuan_find_api_key(bytea) TO yusuan_app;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
