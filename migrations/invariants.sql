-- What always holds (docs/ARCHITECTURE.md). Each row of the answer is a violation; no row: all is well.
-- Run it as the owner of the tables, at any moment: what is in hand is no violation.
WITH reserved AS (
  SELECT window_id, pool_id, nodes, starts_at, least(ends_at, coalesce(released_at, ends_at)) AS ends_at
  FROM reservation WHERE released_at IS NULL OR released_at > starts_at
),
instants AS (SELECT DISTINCT pool_id, starts_at AS at FROM reserved),
pool_load AS (
  SELECT i.pool_id, i.at, sum(r.nodes) AS taken
  FROM instants i JOIN reserved r ON r.pool_id = i.pool_id AND r.starts_at <= i.at AND i.at < r.ends_at
  GROUP BY 1, 2
),
window_load AS (
  SELECT r.window_id, i.at, sum(r.nodes) AS taken
  FROM instants i JOIN reserved r ON r.pool_id = i.pool_id AND r.starts_at <= i.at AND i.at < r.ends_at
  GROUP BY 1, 2
),
chained AS (
  SELECT subject_id, subject_type, seq, from_state, to_state,
    lag(to_state) OVER (PARTITION BY subject_id ORDER BY seq) AS previous_state,
    row_number() OVER (PARTITION BY subject_id ORDER BY seq) AS place,
    row_number() OVER (PARTITION BY subject_id ORDER BY seq DESC) AS place_from_end
  FROM event
),
metered AS (
  SELECT m.attempt_id, m.nodes, m.devices_per_node, m.started_at, m.metered_until, m.closed_at,
    coalesce(sum(u.device_seconds), 0) AS device_seconds, min(u.starts_at) AS first_at, max(u.ends_at) AS last_at
  FROM metered_attempt m LEFT JOIN usage_record u ON u.attempt_id = m.attempt_id AND u.corrects IS NULL
  GROUP BY m.attempt_id
),
balances AS (
  SELECT tenant_id, currency,
    coalesce(sum(amount) FILTER (WHERE account = 'tenant:available'), 0) AS available,
    coalesce(sum(amount) FILTER (WHERE account = 'tenant:held'), 0) AS held
  FROM posting GROUP BY 1, 2
),
captured AS (
  SELECT t.kind, coalesce(sum(p.amount) FILTER (WHERE p.account LIKE 'tenant:%'), 0) AS tenant,
    coalesce(sum(p.amount) FILTER (WHERE p.account = 'center:payable'), 0) AS center,
    coalesce(sum(p.amount) FILTER (WHERE p.account = 'fee:revenue'), 0) AS fee,
    coalesce(sum(p.amount) FILTER (WHERE p.account = 'vat:output'), 0) AS tax
  FROM ledger_transaction t JOIN posting p ON p.transaction_id = t.id WHERE t.kind = 'chargeCaptured' GROUP BY 1
),
charged AS (
  SELECT coalesce(sum(gross_amount), 0) AS gross, coalesce(sum(center_amount + electricity_amount), 0) AS center,
    coalesce(sum(fee_amount), 0) AS fee, coalesce(sum(tax_amount), 0) AS tax FROM charge
)

SELECT 1 AS invariant, format('window %s holds %s of %s nodes at %s', w.id, l.taken, w.nodes, l.at) AS violation
FROM window_load l JOIN offer_window w ON w.id = l.window_id WHERE l.taken > w.nodes AND w.state = 'open'
UNION ALL
SELECT 1, format('pool %s holds %s of %s nodes at %s', p.id, l.taken, p.nodes, l.at)
FROM pool_load l JOIN pool p ON p.id = l.pool_id WHERE l.taken > p.nodes
UNION ALL
SELECT 1, format('segment %s is %s without its reservation', s.id, s.state)
FROM segment s WHERE s.state <> 'ENDED' AND NOT EXISTS (SELECT FROM reservation r WHERE r.segment_id = s.id AND r.released_at IS NULL)
UNION ALL
SELECT 2, format('job %s has %s live segments', job_id, count(*)) FROM segment WHERE state NOT IN ('RESERVED', 'ENDED') GROUP BY job_id HAVING count(*) > 1
UNION ALL
SELECT 2, format('job %s: segments %s and %s ran at the same time', a.job_id, a.seq, b.seq)
FROM segment a JOIN segment b ON b.job_id = a.job_id AND b.seq > a.seq WHERE b.run_started_at < a.run_ended_at
UNION ALL
SELECT 3, format('segment %s started %s times', segment_id, count(*)) FROM attempt WHERE started_at IS NOT NULL GROUP BY segment_id HAVING count(*) > 1
UNION ALL
SELECT 3, format('attempt %s is %s while its segment ended', a.id, a.state) FROM attempt a JOIN segment s ON s.id = a.segment_id WHERE s.state = 'ENDED' AND a.state <> 'ENDED'
UNION ALL
SELECT 4, format('attempt %s ended at %s, its window at %s', a.id, a.ended_at, w.ends_at)
FROM attempt a JOIN segment s ON s.id = a.segment_id JOIN offer_window w ON w.id = s.window_id WHERE a.ended_at > w.ends_at
UNION ALL
SELECT 5, format('attempt %s: %s device-seconds metered from %s until %s', attempt_id, device_seconds, started_at, metered_until) FROM metered
WHERE device_seconds <> nodes::bigint * devices_per_node * extract(epoch FROM metered_until - started_at)
  OR (device_seconds > 0 AND (first_at <> started_at OR last_at <> metered_until))
UNION ALL
SELECT 5, format('attempt %s ended and was never metered', a.id) FROM attempt a
WHERE a.started_at IS NOT NULL AND a.state = 'ENDED' AND NOT EXISTS (SELECT FROM metered_attempt m WHERE m.attempt_id = a.id)
UNION ALL
SELECT 6, format('usage record %s has no charge and waits for none', u.id) FROM usage_record u
WHERE NOT EXISTS (SELECT FROM charge c WHERE c.usage_record_id = u.id) AND NOT EXISTS (SELECT FROM rating_queue q WHERE q.usage_record_id = u.id)
UNION ALL
SELECT 7, format('transaction %s sums to %s %s', transaction_id, sum(amount), currency) FROM posting GROUP BY transaction_id, currency HAVING sum(amount) <> 0
UNION ALL
SELECT 7, format('account %s: available %s, held %s; its postings say %s, %s', a.id, a.available, a.held, b.available, b.held)
FROM tenant_account a LEFT JOIN balances b USING (tenant_id, currency)
WHERE a.available <> coalesce(b.available, 0) OR a.held <> coalesce(b.held, 0)
UNION ALL
SELECT 7, format('hold %s: %s captured and %s released of %s', id, captured, released, amount) FROM hold WHERE captured + released > amount
UNION ALL
SELECT 7, format('held %s %s of tenant %s, open holds say otherwise', a.held, a.currency, a.tenant_id) FROM tenant_account a
WHERE a.held <> (SELECT coalesce(sum(amount - captured - released), 0) FROM hold h WHERE h.account_id = a.id)
UNION ALL
SELECT 7, format('charges: gross %s, center %s, fee %s, tax %s; postings: %s, %s, %s, %s', g.gross, g.center, g.fee, g.tax, -p.tenant, p.center, p.fee, p.tax)
FROM charged g LEFT JOIN captured p ON true
WHERE g.gross <> -coalesce(p.tenant, 0) OR g.center <> coalesce(p.center, 0) OR g.fee <> coalesce(p.fee, 0) OR g.tax <> coalesce(p.tax, 0)
UNION ALL
SELECT 8, format('table %s has a tenant and no policy', c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'
  AND (c.relname = 'tenant' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
  AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'app_select'))
UNION ALL
SELECT 9, format('job %s ended as %s with segment %s still %s', j.id, j.state, s.id, s.state) FROM job j JOIN segment s ON s.job_id = j.id
WHERE j.ended_at IS NOT NULL AND s.state <> 'ENDED'
UNION ALL
SELECT 10, format('%s %s: event %s stands at place %s', subject_type, subject_id, seq, place) FROM chained WHERE seq <> place
UNION ALL
SELECT 10, format('%s %s: event %s comes from %s, the one before went to %s', subject_type, subject_id, seq, from_state, previous_state)
FROM chained WHERE previous_state IS NOT NULL AND from_state IS DISTINCT FROM previous_state
UNION ALL
SELECT 10, format('job %s is %s, its events say %s', j.id, j.state, c.to_state) FROM job j JOIN chained c ON c.subject_id = j.id AND c.place_from_end = 1 WHERE c.to_state <> j.state
UNION ALL
SELECT 10, format('segment %s is %s, its events say %s', s.id, s.state, c.to_state) FROM segment s JOIN chained c ON c.subject_id = s.id AND c.place_from_end = 1 WHERE c.to_state <> s.state;
