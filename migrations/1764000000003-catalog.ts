import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Centers, clusters, pools, device kinds, tariffs, grid factors. A figure without a source is null. */
export class Catalog1764000000003 implements MigrationInterface {
  name = 'Catalog1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE device_kind (
        code text PRIMARY KEY,
        name text NOT NULL,
        vendor text,
        kind text NOT NULL CHECK (kind IN ('accelerator', 'cpu')),
        unit text NOT NULL CHECK (unit IN ('device', 'socket', 'core')),
        memory_gib numeric(12, 3) CHECK (memory_gib > 0),
        memory_bandwidth_gbs numeric(12, 3),
        tdp_watts numeric(12, 3) CHECK (tdp_watts > 0),
        peak_dense_tflops jsonb NOT NULL DEFAULT '{}',
        released_on text,
        source text,
        confidence text,
        created_at timestamptz NOT NULL
      );

      CREATE TABLE grid_factor (
        region text NOT NULL,
        year integer NOT NULL,
        method text NOT NULL DEFAULT 'average',
        kg_per_kwh numeric(12, 6) NOT NULL CHECK (kg_per_kwh >= 0),
        source text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (region, year, method)
      );

      CREATE TABLE center (
        id uuid PRIMARY KEY,
        code text NOT NULL UNIQUE,
        name text NOT NULL,
        name_zh text,
        city text,
        province text,
        zone text NOT NULL,
        grid_region text,
        status text,
        latitude numeric(9, 5),
        longitude numeric(9, 5),
        pue numeric(6, 4) CHECK (pue >= 1),
        pue_year integer,
        pue_source text,
        marginal_pue numeric(6, 4) CHECK (marginal_pue >= 1),
        provenance text NOT NULL CHECK (provenance IN ('published', 'operator')),
        facts jsonb NOT NULL DEFAULT '{}',
        sources jsonb NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL
      );

      CREATE TABLE tariff (
        id uuid PRIMARY KEY,
        center_id uuid NOT NULL REFERENCES center,
        valid_from timestamptz NOT NULL,
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        bands jsonb NOT NULL,
        representative boolean NOT NULL,
        source text NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (center_id, valid_from)
      );

      CREATE TABLE cluster (
        id uuid PRIMARY KEY,
        center_id uuid NOT NULL REFERENCES center,
        code text NOT NULL,
        name text NOT NULL,
        scheduler text,
        connector text CHECK (connector IN ('local')),
        connector_settings jsonb NOT NULL DEFAULT '{}',
        facts jsonb NOT NULL DEFAULT '{}',
        sources jsonb NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        UNIQUE (center_id, code)
      );

      CREATE TABLE pool (
        id uuid PRIMARY KEY,
        cluster_id uuid NOT NULL REFERENCES cluster,
        center_id uuid NOT NULL REFERENCES center,
        code text NOT NULL,
        name text NOT NULL,
        device_kind text REFERENCES device_kind,
        devices_per_node integer CHECK (devices_per_node > 0),
        nodes integer CHECK (nodes > 0),
        idle_watts numeric(12, 3) CHECK (idle_watts >= 0),
        full_watts numeric(12, 3) CHECK (full_watts >= idle_watts),
        suspend_watts numeric(12, 3) CHECK (suspend_watts >= 0),
        utilisation numeric(5, 4) CHECK (utilisation BETWEEN 0 AND 1),
        power_source text,
        baseline text NOT NULL DEFAULT 'idle' CHECK (baseline IN ('idle', 'suspended', 'poweredOff')),
        provenance text NOT NULL CHECK (provenance IN ('published', 'operator')),
        facts jsonb NOT NULL DEFAULT '{}',
        sources jsonb NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        UNIQUE (cluster_id, code)
      );
      CREATE INDEX pool_of_center ON pool (center_id);

      GRANT SELECT, INSERT, UPDATE ON device_kind, grid_factor, center, tariff, cluster, pool TO yusuan_app;
      GRANT SELECT ON device_kind, grid_factor, center, tariff, cluster, pool TO yusuan_worker;
      -- The worker locks pools (invariant 1); a row lock needs the privilege to update something.
      GRANT UPDATE (version) ON pool TO yusuan_worker;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
