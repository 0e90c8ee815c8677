import type { MigrationInterface, QueryRunner } from 'typeorm';
import { appendOnly, tenantTable } from './tenant-table.js';

/**
 * The books: prices locked at reservation, holds, usage records, charges, the ledger and the day rollup.
 * Invariants 5 (exact usage), 6 (charged once) and 7 (the books balance) are constraints here.
 */
export class Accounting1764000000006 implements MigrationInterface {
  name = 'Accounting1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE fee_plan (
        code text NOT NULL,
        valid_from timestamptz NOT NULL,
        percent numeric(7, 4) NOT NULL CHECK (percent >= 0),
        PRIMARY KEY (code, valid_from)
      );
      CREATE TABLE tax_code (
        code text NOT NULL,
        valid_from timestamptz NOT NULL,
        rate numeric(7, 6) NOT NULL CHECK (rate >= 0),
        description text NOT NULL,
        PRIMARY KEY (code, valid_from)
      );
      INSERT INTO fee_plan VALUES ('standard', '2020-01-01Z', 8);
      INSERT INTO tax_code VALUES ('cn-vat-modern-services', '2020-01-01Z', 0.06, 'VAT on modern services');
      GRANT SELECT ON fee_plan, tax_code TO yusuan_app, yusuan_worker;

      CREATE TABLE price_schedule (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        offer_id uuid NOT NULL REFERENCES offer,
        currency text NOT NULL,
        center_per_device_hour numeric(14, 4) NOT NULL,
        fee_percent numeric(7, 4) NOT NULL,
        fee_per_device_hour numeric(14, 4) NOT NULL,
        tax_code text NOT NULL,
        tax_rate numeric(7, 6) NOT NULL,
        electricity text NOT NULL CHECK (electricity IN ('included', 'passThrough')),
        locked_at timestamptz NOT NULL
      );
      ${tenantTable('price_schedule')}
      ${appendOnly('price_schedule')}
      GRANT SELECT ON price_schedule TO yusuan_app;
      GRANT SELECT, INSERT ON price_schedule TO yusuan_worker;
      ALTER TABLE segment ADD CONSTRAINT segment_price FOREIGN KEY (price_schedule_id) REFERENCES price_schedule DEFERRABLE INITIALLY DEFERRED;

      -- The tenant's balance row, changed in the transaction that posts. A limit gates promises: nothing
      -- may be held beyond the credit limit; what has happened and is not covered lands in overdue.
      CREATE TABLE tenant_account (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES tenant,
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        available numeric(30, 12) NOT NULL DEFAULT 0,
        held numeric(30, 12) NOT NULL DEFAULT 0 CHECK (held >= 0),
        overdue numeric(30, 12) NOT NULL DEFAULT 0 CHECK (overdue >= 0),
        credit_limit numeric(30, 12) NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
        -- Counts the account's events: opened, fell overdue, settled.
        event_seq integer NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant_id, currency),
        CONSTRAINT tenant_account_credit_limit CHECK (available >= -credit_limit)
      );
      ${tenantTable('tenant_account')}
      GRANT SELECT, INSERT, UPDATE ON tenant_account TO yusuan_app;
      GRANT SELECT, UPDATE ON tenant_account TO yusuan_worker;
      -- Platform administrators take top-ups for any tenant: they find the account's tenant here, then act in its scope.
      CREATE VIEW account_directory WITH (security_barrier) AS
        SELECT id, tenant_id, currency FROM tenant_account WHERE yusuan_is_platform_admin();
      GRANT SELECT ON account_directory TO yusuan_app;

      CREATE TABLE hold (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        account_id uuid NOT NULL REFERENCES tenant_account,
        job_id uuid NOT NULL REFERENCES job,
        segment_id uuid NOT NULL UNIQUE,
        currency text NOT NULL,
        amount numeric(30, 12) NOT NULL CHECK (amount >= 0),
        captured numeric(30, 12) NOT NULL DEFAULT 0 CHECK (captured >= 0),
        released numeric(30, 12) NOT NULL DEFAULT 0 CHECK (released >= 0),
        created_at timestamptz NOT NULL,
        closed_at timestamptz,
        CONSTRAINT hold_not_overdrawn CHECK (captured + released <= amount),
        CHECK (closed_at IS NULL OR captured + released = amount)
      );
      CREATE INDEX hold_open ON hold (tenant_id) WHERE closed_at IS NULL;
      CREATE INDEX hold_of_job ON hold (job_id);
      ${tenantTable('hold')}
      GRANT SELECT ON hold TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE ON hold TO yusuan_worker;
      ALTER TABLE segment ADD CONSTRAINT segment_hold FOREIGN KEY (hold_id) REFERENCES hold DEFERRABLE INITIALLY DEFERRED;

      -- One row an attempt that was seen to start: everything that the meter needs to know of it.
      CREATE TABLE metered_attempt (
        attempt_id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        project_id uuid NOT NULL,
        job_id uuid NOT NULL REFERENCES job,
        segment_id uuid NOT NULL REFERENCES segment,
        center_id uuid NOT NULL REFERENCES center,
        pool_id uuid NOT NULL REFERENCES pool,
        hold_id uuid NOT NULL REFERENCES hold,
        price_schedule_id uuid NOT NULL REFERENCES price_schedule,
        nodes integer NOT NULL CHECK (nodes > 0),
        devices_per_node integer NOT NULL CHECK (devices_per_node > 0),
        started_at timestamptz NOT NULL,
        -- Seconds beyond the time limit are metered and charged to nobody.
        billable_until timestamptz NOT NULL,
        -- The last instant at which the cluster was seen to run it. Nothing is metered past it before the end is
        -- known: while a cluster is out of reach nobody can say whether the attempt still runs.
        seen_until timestamptz NOT NULL CHECK (seen_until >= started_at),
        metered_until timestamptz NOT NULL CHECK (metered_until >= started_at),
        ended_at timestamptz CHECK (ended_at >= started_at),
        closed_at timestamptz,
        CHECK (closed_at IS NULL OR metered_until = ended_at)
      );
      CREATE INDEX metered_attempt_open ON metered_attempt (attempt_id) WHERE closed_at IS NULL;
      CREATE INDEX metered_attempt_of_hold ON metered_attempt (hold_id);
      CREATE INDEX metered_attempt_of_job ON metered_attempt (job_id);
      ${tenantTable('metered_attempt')}
      GRANT SELECT ON metered_attempt TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE ON metered_attempt TO yusuan_worker;

      CREATE TABLE usage_record (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        project_id uuid NOT NULL,
        job_id uuid NOT NULL,
        segment_id uuid NOT NULL,
        attempt_id uuid NOT NULL REFERENCES metered_attempt,
        center_id uuid NOT NULL,
        pool_id uuid NOT NULL,
        device_kind text,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        nodes integer NOT NULL,
        devices_per_node integer NOT NULL,
        device_seconds bigint NOT NULL,
        billable_device_seconds bigint NOT NULL,
        it_kwh numeric(24, 9),
        marginal_it_kwh numeric(24, 9),
        facility_kwh numeric(24, 9),
        marginal_facility_kwh numeric(24, 9),
        electricity_cost numeric(30, 12),
        marginal_electricity_cost numeric(30, 12),
        electricity_currency text,
        carbon_kg numeric(24, 9),
        marginal_carbon_kg numeric(24, 9),
        energy_provenance text NOT NULL CHECK (energy_provenance IN ('measured', 'apportioned', 'modelled')),
        -- baseline, PUE, factor with year and source, and a reason for each figure that is null.
        energy_basis jsonb NOT NULL,
        lost_work boolean NOT NULL DEFAULT false,
        corrects uuid REFERENCES usage_record,
        created_at timestamptz NOT NULL,
        CONSTRAINT usage_record_not_empty CHECK (ends_at > starts_at),
        CONSTRAINT usage_record_exact CHECK (corrects IS NOT NULL OR device_seconds = nodes::bigint * devices_per_node * extract(epoch FROM ends_at - starts_at)),
        CONSTRAINT usage_record_billable CHECK (corrects IS NOT NULL OR billable_device_seconds BETWEEN 0 AND device_seconds),
        CONSTRAINT usage_record_no_overlap EXCLUDE USING gist (attempt_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (corrects IS NULL)
      );
      CREATE INDEX usage_record_of_job ON usage_record (job_id, starts_at);
      CREATE INDEX usage_record_of_center ON usage_record (center_id, starts_at);
      ${tenantTable('usage_record')}
      ${appendOnly('usage_record')}
      GRANT SELECT ON usage_record TO yusuan_app;
      GRANT SELECT, INSERT ON usage_record TO yusuan_worker;

      -- Rating works from this queue, drained in the transaction that charges (SKIP LOCKED).
      -- What cannot be rated stands aside until retry_at, with the problem in words, and stops nothing else.
      CREATE TABLE rating_queue (
        usage_record_id uuid PRIMARY KEY REFERENCES usage_record,
        queued_at timestamptz NOT NULL,
        retry_at timestamptz NOT NULL,
        failures integer NOT NULL DEFAULT 0,
        problem text
      );
      CREATE INDEX rating_queue_due ON rating_queue (retry_at);
      GRANT SELECT, INSERT, UPDATE, DELETE ON rating_queue TO yusuan_worker;

      CREATE TABLE ledger_transaction (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES tenant,
        kind text NOT NULL CHECK (kind IN ('topUp', 'holdPlaced', 'chargeCaptured', 'holdReleased', 'goodwillPaid', 'reversal')),
        reverses uuid UNIQUE REFERENCES ledger_transaction,
        job_id uuid,
        segment_id uuid,
        hold_id uuid,
        reference text,
        description text NOT NULL,
        actor_id text NOT NULL,
        request_id text NOT NULL,
        at timestamptz NOT NULL
      );
      CREATE INDEX ledger_transaction_page ON ledger_transaction (tenant_id, id DESC);
      ${tenantTable('ledger_transaction')}
      ${appendOnly('ledger_transaction')}
      GRANT SELECT, INSERT ON ledger_transaction TO yusuan_app, yusuan_worker;

      -- tenant_id is the tenant whose transaction this is; account names the ledger account. Credit is positive.
      CREATE TABLE posting (
        transaction_id uuid NOT NULL REFERENCES ledger_transaction,
        line smallint NOT NULL CHECK (line >= 1),
        tenant_id uuid NOT NULL,
        account text NOT NULL CHECK (account IN ('tenant:available', 'tenant:held', 'tenant:receivable', 'tenant:overdue', 'center:payable', 'fee:revenue',
          'vat:output', 'rounding', 'goodwill', 'bank:clearing')),
        center_id uuid REFERENCES center,
        amount numeric(30, 12) NOT NULL CHECK (amount <> 0),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        PRIMARY KEY (transaction_id, line),
        CHECK ((account = 'center:payable') = (center_id IS NOT NULL))
      );
      CREATE INDEX posting_of_tenant ON posting (tenant_id, account);
      ${tenantTable('posting')}
      ${appendOnly('posting')}
      GRANT SELECT, INSERT ON posting TO yusuan_app, yusuan_worker;

      -- All postings of a transaction come in one statement and sum to zero in each currency.
      CREATE FUNCTION yusuan_postings_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
      DECLARE wrong record;
      BEGIN
        SELECT transaction_id, currency, sum(amount) AS total INTO wrong FROM added GROUP BY 1, 2 HAVING sum(amount) <> 0 LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION 'transaction %: postings sum to % %', wrong.transaction_id, wrong.total, wrong.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_balance';
        END IF;
        SELECT a.transaction_id INTO wrong FROM (SELECT transaction_id, count(*) AS lines FROM added GROUP BY 1) a
          WHERE a.lines <> (SELECT count(*) FROM posting p WHERE p.transaction_id = a.transaction_id) LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION 'transaction %: postings added later', wrong.transaction_id USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_at_once';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER posting_balance AFTER INSERT ON posting REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION yusuan_postings_balance();

      CREATE TABLE charge (
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        job_id uuid NOT NULL,
        segment_id uuid NOT NULL,
        center_id uuid NOT NULL,
        usage_record_id uuid NOT NULL UNIQUE REFERENCES usage_record,
        price_schedule_id uuid NOT NULL REFERENCES price_schedule,
        transaction_id uuid REFERENCES ledger_transaction,
        currency text NOT NULL,
        device_hours numeric(24, 8) NOT NULL,
        center_amount numeric(30, 12) NOT NULL,
        fee_amount numeric(30, 12) NOT NULL,
        -- Passed through at cost; 0 where the price includes electricity.
        electricity_amount numeric(30, 12) NOT NULL,
        tax_amount numeric(30, 12) NOT NULL,
        gross_amount numeric(30, 12) NOT NULL,
        charged_at timestamptz NOT NULL,
        CONSTRAINT charge_whole CHECK (gross_amount = center_amount + fee_amount + electricity_amount + tax_amount),
        -- A charge of zero (a zero price, or seconds beyond the limit) posts nothing.
        CHECK ((transaction_id IS NULL) = (gross_amount = 0))
      );
      CREATE INDEX charge_of_job ON charge (job_id);
      ${tenantTable('charge')}
      ${appendOnly('charge')}
      GRANT SELECT ON charge TO yusuan_app;
      GRANT SELECT, INSERT ON charge TO yusuan_worker;

      -- Rollup: day of the billing zone x tenant, project, pool. Kept in the transaction that charges.
      CREATE TABLE usage_day (
        day date NOT NULL,
        tenant_id uuid NOT NULL,
        project_id uuid NOT NULL,
        pool_id uuid NOT NULL,
        center_id uuid NOT NULL,
        currency text NOT NULL,
        device_seconds bigint NOT NULL,
        device_hours numeric(24, 8) NOT NULL,
        center_amount numeric(30, 12) NOT NULL,
        fee_amount numeric(30, 12) NOT NULL,
        electricity_amount numeric(30, 12) NOT NULL,
        tax_amount numeric(30, 12) NOT NULL,
        gross_amount numeric(30, 12) NOT NULL,
        facility_kwh numeric(24, 9) NOT NULL,
        marginal_facility_kwh numeric(24, 9) NOT NULL,
        carbon_kg numeric(24, 9) NOT NULL,
        marginal_carbon_kg numeric(24, 9) NOT NULL,
        electricity_cost numeric(30, 12) NOT NULL,
        marginal_electricity_cost numeric(30, 12) NOT NULL,
        records integer NOT NULL,
        -- Records of which a total or a marginal figure is unknown: none of their kWh, kg or electricity cost is in a sum.
        records_without_energy integer NOT NULL,
        records_without_carbon integer NOT NULL,
        -- Also those whose tariff is in another currency: a sum is of one currency.
        records_without_electricity_cost integer NOT NULL,
        PRIMARY KEY (day, tenant_id, project_id, pool_id, currency)
      );
      CREATE INDEX usage_day_of_tenant ON usage_day (tenant_id, day);
      ${tenantTable('usage_day')}
      GRANT SELECT ON usage_day TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE ON usage_day TO yusuan_worker;
      -- A center's revenue, without tenants' names.
      CREATE VIEW center_usage_day WITH (security_barrier) AS
        SELECT day, center_id, pool_id, currency, sum(device_seconds) AS device_seconds, sum(device_hours) AS device_hours,
          sum(center_amount) AS center_amount, sum(electricity_amount) AS electricity_amount, sum(facility_kwh) AS facility_kwh, sum(marginal_facility_kwh) AS marginal_facility_kwh,
          sum(carbon_kg) AS carbon_kg, sum(marginal_carbon_kg) AS marginal_carbon_kg, sum(electricity_cost) AS electricity_cost,
          sum(marginal_electricity_cost) AS marginal_electricity_cost, sum(records) AS records,
          sum(records_without_energy) AS records_without_energy, sum(records_without_carbon) AS records_without_carbon,
          sum(records_without_electricity_cost) AS records_without_electricity_cost
        FROM usage_day WHERE center_id = ANY (yusuan_centers()) GROUP BY day, center_id, pool_id, currency;
      GRANT SELECT ON center_usage_day TO yusuan_app;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
