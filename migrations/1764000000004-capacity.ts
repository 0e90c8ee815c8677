import type { MigrationInterface, QueryRunner } from 'typeorm';
import { stateEvents } from './tenant-table.js';

/**
 * Offers, their windows, and reservations. Invariant 1 (no oversubscription) is held by the database:
 * a trigger locks the pool, then the window, and measures the dearest instant of the new span. The lock is
 * FOR NO KEY UPDATE: reservers exclude each other, while foreign keys to the pool (KEY SHARE) never wait for it,
 * so a transaction that holds a job's lock and inserts a row citing the pool cannot deadlock with a reserver.
 */
export class Capacity1764000000004 implements MigrationInterface {
  name = 'Capacity1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE offer (
        id uuid PRIMARY KEY,
        pool_id uuid NOT NULL REFERENCES pool,
        center_id uuid NOT NULL REFERENCES center,
        nodes integer NOT NULL CHECK (nodes > 0),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
        rrule text,
        except_dates date[] NOT NULL DEFAULT '{}',
        price_per_device_hour numeric(14, 4) NOT NULL CHECK (price_per_device_hour >= 0),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        electricity text NOT NULL CHECK (electricity IN ('included', 'passThrough')),
        notice_seconds integer NOT NULL CHECK (notice_seconds >= 0),
        reclaim_credit_percent numeric(5, 2) NOT NULL CHECK (reclaim_credit_percent BETWEEN 0 AND 100),
        failure_credit_max_hours numeric(8, 2) NOT NULL CHECK (failure_credit_max_hours >= 0),
        min_segment_seconds integer NOT NULL CHECK (min_segment_seconds >= 0),
        guarantee text NOT NULL CHECK (guarantee IN ('reservation', 'preemptible', 'bestEffort')),
        tenants_allowed uuid[] NOT NULL DEFAULT '{}',
        state text NOT NULL CHECK (state IN ('open', 'withdrawn')),
        event_seq integer NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX offer_of_pool ON offer (pool_id, id);
      CREATE INDEX offer_of_center ON offer (center_id, id);
      ${stateEvents('offer')}

      CREATE TABLE offer_window (
        id uuid PRIMARY KEY,
        offer_id uuid NOT NULL REFERENCES offer,
        pool_id uuid NOT NULL REFERENCES pool,
        center_id uuid NOT NULL REFERENCES center,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
        nodes integer NOT NULL CHECK (nodes >= 0),
        generation integer NOT NULL DEFAULT 1,
        state text NOT NULL CHECK (state IN ('open', 'withdrawn')),
        event_seq integer NOT NULL,
        created_at timestamptz NOT NULL,
        -- Touching occurrences of one offer are merged into one window, so its windows never overlap.
        EXCLUDE USING gist (offer_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (state = 'open')
      );
      CREATE INDEX offer_window_by_time ON offer_window (pool_id, ends_at);
      ${stateEvents('offer_window')}

      CREATE TABLE reservation (
        id uuid PRIMARY KEY,
        segment_id uuid NOT NULL UNIQUE,
        window_id uuid NOT NULL REFERENCES offer_window,
        pool_id uuid NOT NULL REFERENCES pool,
        nodes integer NOT NULL CHECK (nodes > 0),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        released_at timestamptz,
        CHECK (ends_at > starts_at)
      );
      CREATE INDEX reservation_of_pool ON reservation USING gist (pool_id, tstzrange(starts_at, ends_at)) WHERE released_at IS NULL;
      CREATE INDEX reservation_of_window ON reservation (window_id) WHERE released_at IS NULL;

      -- The most nodes reserved at any instant of a span: it is reached at the span's start or at a
      -- reservation's start inside it.
      CREATE FUNCTION yusuan_reserved_peak(wanted_pool uuid, wanted_window uuid, span tstzrange) RETURNS bigint
        LANGUAGE sql STABLE AS $$
        WITH live AS (
          SELECT nodes, starts_at, ends_at FROM reservation
          WHERE pool_id = wanted_pool AND (wanted_window IS NULL OR window_id = wanted_window)
            AND released_at IS NULL AND tstzrange(starts_at, ends_at) && span
        ), instants AS (
          SELECT lower(span) AS at UNION SELECT starts_at FROM live WHERE starts_at > lower(span)
        )
        SELECT coalesce(max(taken), 0) FROM (
          SELECT (SELECT sum(nodes) FROM live WHERE starts_at <= at AND at < ends_at) AS taken FROM instants
        ) AS at_instants $$;

      CREATE FUNCTION yusuan_hold_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE pool_nodes integer; win offer_window; span tstzrange := tstzrange(NEW.starts_at, NEW.ends_at);
      BEGIN
        IF NEW.released_at IS NOT NULL THEN RETURN NEW; END IF;
        SELECT nodes INTO pool_nodes FROM pool WHERE id = NEW.pool_id FOR NO KEY UPDATE;
        SELECT * INTO win FROM offer_window WHERE id = NEW.window_id FOR NO KEY UPDATE;
        IF win.pool_id IS DISTINCT FROM NEW.pool_id OR win.state <> 'open' OR NEW.starts_at < win.starts_at OR NEW.ends_at > win.ends_at THEN
          RAISE EXCEPTION 'reservation %: not inside an open window', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'reservation_in_window';
        END IF;
        IF yusuan_reserved_peak(NEW.pool_id, NEW.window_id, span) > win.nodes THEN
          RAISE EXCEPTION 'reservation %: window % is oversubscribed', NEW.id, NEW.window_id USING ERRCODE = 'check_violation', CONSTRAINT = 'reservation_window_capacity';
        END IF;
        IF yusuan_reserved_peak(NEW.pool_id, NULL, span) > coalesce(pool_nodes, 0) THEN
          RAISE EXCEPTION 'reservation %: pool % is oversubscribed', NEW.id, NEW.pool_id USING ERRCODE = 'check_violation', CONSTRAINT = 'reservation_pool_capacity';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER reservation_capacity AFTER INSERT ON reservation FOR EACH ROW EXECUTE FUNCTION yusuan_hold_capacity();
      -- Giving capacity back (a release, an earlier end) needs no lock on the pool, so it fits after a job's lock.
      CREATE TRIGGER reservation_growth AFTER UPDATE ON reservation FOR EACH ROW
        WHEN (NEW.nodes > OLD.nodes OR NEW.starts_at < OLD.starts_at OR NEW.ends_at > OLD.ends_at OR NEW.pool_id <> OLD.pool_id
          OR NEW.window_id <> OLD.window_id OR (OLD.released_at IS NOT NULL AND NEW.released_at IS NULL))
        EXECUTE FUNCTION yusuan_hold_capacity();

      GRANT SELECT, INSERT, UPDATE ON offer, offer_window TO yusuan_app, yusuan_worker;
      GRANT SELECT (window_id, pool_id, nodes, starts_at, ends_at, released_at) ON reservation TO yusuan_app;
      GRANT SELECT, INSERT, UPDATE ON reservation TO yusuan_worker;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
