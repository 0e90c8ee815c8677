import { Injectable } from '@nestjs/common';
import { type TxContext, query } from '#libs/platform';
import { BooksStore, type Drift } from '../application/books.store.js';

const FIND_DRIFT = `
  WITH posted AS (
    SELECT t.tenant_id, p.currency,
      coalesce(sum(amount) FILTER (WHERE account = 'tenant:available'), 0) AS available,
      coalesce(sum(amount) FILTER (WHERE account = 'tenant:held'), 0) AS held,
      -coalesce(sum(amount) FILTER (WHERE account = 'tenant:overdue'), 0) AS overdue
    FROM posting p JOIN ledger_transaction t ON t.id = p.transaction_id GROUP BY 1, 2
  ), account AS (
    SELECT a.id, a.available, a.held, a.overdue, coalesce(p.available, 0) AS posted_available, coalesce(p.held, 0) AS posted_held,
      coalesce(p.overdue, 0) AS posted_overdue,
      (SELECT coalesce(sum(h.amount - h.captured - h.released), 0) FROM hold h WHERE h.account_id = a.id) AS open_holds
    FROM tenant_account a LEFT JOIN posted p ON p.tenant_id = a.tenant_id AND p.currency = a.currency
  ), charged AS (
    SELECT coalesce(sum(gross_amount), 0) AS gross, coalesce(sum(center_amount + electricity_amount), 0) AS center,
      coalesce(sum(fee_amount), 0) AS fee, coalesce(sum(tax_amount), 0) AS tax, currency FROM charge GROUP BY currency
  ), captured AS (
    SELECT p.currency, coalesce(-sum(amount) FILTER (WHERE account LIKE 'tenant:%'), 0) AS gross,
      coalesce(sum(amount) FILTER (WHERE account = 'center:payable'), 0) AS center,
      coalesce(sum(amount) FILTER (WHERE account = 'fee:revenue'), 0) AS fee,
      coalesce(sum(amount) FILTER (WHERE account = 'vat:output'), 0) AS tax
    FROM posting p JOIN ledger_transaction t ON t.id = p.transaction_id WHERE t.kind = 'chargeCaptured' GROUP BY 1
  ), days AS (
    SELECT currency, sum(gross_amount) AS gross, sum(device_seconds) AS device_seconds, sum(records) AS records FROM usage_day GROUP BY currency
  ), used AS (
    SELECT c.currency, sum(c.gross_amount) AS gross, sum(u.device_seconds) AS device_seconds, count(*) AS records
    FROM charge c JOIN usage_record u ON u.id = c.usage_record_id GROUP BY c.currency
  )
  SELECT "check", subject, kept::text AS kept, expected::text AS expected FROM (
    SELECT 'account available = postings' AS "check", id::text AS subject, available AS kept, posted_available AS expected FROM account
    UNION ALL SELECT 'account held = postings', id::text, held, posted_held FROM account
    UNION ALL SELECT 'account overdue = postings', id::text, overdue, posted_overdue FROM account
    UNION ALL SELECT 'account held = open holds', id::text, held, open_holds FROM account
    UNION ALL SELECT 'charges = tenants'' postings', c.currency, c.gross, coalesce(p.gross, 0) FROM charged c LEFT JOIN captured p USING (currency)
    UNION ALL SELECT 'charges of centers = postings', c.currency, c.center, coalesce(p.center, 0) FROM charged c LEFT JOIN captured p USING (currency)
    UNION ALL SELECT 'fees = postings', c.currency, c.fee, coalesce(p.fee, 0) FROM charged c LEFT JOIN captured p USING (currency)
    UNION ALL SELECT 'taxes = postings', c.currency, c.tax, coalesce(p.tax, 0) FROM charged c LEFT JOIN captured p USING (currency)
    UNION ALL SELECT 'days'' money = charges', u.currency, coalesce(d.gross, 0), u.gross FROM used u LEFT JOIN days d USING (currency)
    UNION ALL SELECT 'days'' device-seconds = records', u.currency, coalesce(d.device_seconds, 0), u.device_seconds FROM used u LEFT JOIN days d USING (currency)
    UNION ALL SELECT 'days'' records = charges', u.currency, coalesce(d.records, 0), u.records FROM used u LEFT JOIN days d USING (currency)
    UNION ALL SELECT 'metered seconds = records', m.attempt_id::text,
      coalesce((SELECT sum(extract(epoch FROM u.ends_at - u.starts_at)) FROM usage_record u WHERE u.attempt_id = m.attempt_id AND u.corrects IS NULL), 0),
      extract(epoch FROM m.metered_until - m.started_at) FROM metered_attempt m
    UNION ALL SELECT 'uncharged records = queue', 'all',
      (SELECT count(*) FROM rating_queue), (SELECT count(*) FROM usage_record u WHERE NOT EXISTS (SELECT FROM charge c WHERE c.usage_record_id = u.id))
  ) AS compared WHERE kept <> expected ORDER BY "check", subject LIMIT $1`;

@Injectable()
export class PostgresBooksStore extends BooksStore {
  async findDrift(ctx: TxContext, limit: number): Promise<Drift[]> {
    return query<Drift>(ctx, FIND_DRIFT, [limit]);
  }
}
