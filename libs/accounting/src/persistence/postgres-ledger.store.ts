import { Injectable } from '@nestjs/common';
import { Money, dec } from '#libs/kernel';
import type { Currency, HoldId, JobId, SegmentId, TransactionId } from '#libs/kernel';
import type { AccountKind, TransactionKind } from '#libs/ledger';
import { type TxContext, query } from '#libs/platform';
import { type AccountEntry, type EntriesPage, type LedgerEntry, LedgerStore } from '../application/ledger.store.js';
import { rows } from './rows.js';

interface EntryRow {
  readonly id: TransactionId;
  readonly line: number;
  readonly kind: TransactionKind;
  readonly at: Date;
  readonly description: string;
  readonly reference: string | null;
  readonly job_id: JobId | null;
  readonly segment_id: SegmentId | null;
  readonly hold_id: HoldId | null;
  readonly account: AccountKind;
  readonly amount: string;
  readonly currency: Currency;
}

@Injectable()
export class PostgresLedgerStore extends LedgerStore {
  async post(ctx: TxContext, entries: readonly LedgerEntry[], at: Date): Promise<void> {
    const moving = entries.filter((entry) => entry.transaction.postings.length > 0);
    if (moving.length === 0) return;
    await query(
      ctx,
      `INSERT INTO ledger_transaction (id, tenant_id, kind, job_id, segment_id, hold_id, reference, description, actor_id, request_id, at)
       SELECT id, tenant_id, kind, job_id, segment_id, hold_id, reference, description, $2, $3, $4
       FROM jsonb_to_recordset($1::jsonb) AS t (id uuid, tenant_id uuid, kind text, job_id uuid, segment_id uuid, hold_id uuid,
         reference text, description text)`,
      [rows(moving.map(toDbTransaction)), ctx.actor.id, ctx.requestId, at],
    );
    await query(
      ctx,
      `INSERT INTO posting (transaction_id, line, tenant_id, account, center_id, amount, currency)
       SELECT transaction_id, line, tenant_id, account, center_id, amount, currency
       FROM jsonb_to_recordset($1::jsonb) AS p (transaction_id uuid, line smallint, tenant_id uuid, account text, center_id uuid,
         amount numeric, currency text)`,
      [rows(moving.flatMap(toDbPostings))],
    );
  }

  async listEntries(ctx: TxContext, { tenantId, currency, limit, after }: EntriesPage): Promise<AccountEntry[]> {
    const found = await query<EntryRow>(
      ctx,
      `SELECT t.id, p.line, t.kind, p.account, p.amount, p.currency, t.description, t.reference, t.job_id, t.segment_id, t.hold_id, t.at
       FROM ledger_transaction t JOIN posting p ON p.transaction_id = t.id
       WHERE t.tenant_id = $1 AND p.currency = $2 AND p.account LIKE 'tenant:%'
         AND ($3::uuid IS NULL OR (t.id <= $3 AND (t.id, -p.line) < ($3, -$4::integer)))
       ORDER BY t.id DESC, p.line LIMIT $5`,
      [tenantId, currency, after?.transactionId ?? null, after?.line ?? null, limit],
    );
    return found.map(fromDbEntry);
  }
}

function toDbTransaction({ id, tenantId, transaction, ...about }: LedgerEntry) {
  return {
    id,
    tenant_id: tenantId,
    kind: transaction.kind,
    job_id: about.jobId ?? null,
    segment_id: about.segmentId ?? null,
    hold_id: about.holdId ?? null,
    reference: about.reference ?? null,
    description: about.description,
  };
}

function toDbPostings({ id, tenantId, transaction }: LedgerEntry) {
  return transaction.postings.map((posting, index) => ({
    transaction_id: id,
    line: index + 1,
    tenant_id: tenantId,
    account: posting.account,
    center_id: posting.centerId,
    amount: posting.amount.toFixed(),
    currency: posting.currency,
  }));
}

function fromDbEntry(row: EntryRow): AccountEntry {
  return {
    transactionId: row.id,
    line: row.line,
    kind: row.kind,
    account: row.account,
    amount: Money.of(dec(row.amount), row.currency),
    description: row.description,
    reference: row.reference,
    jobId: row.job_id,
    segmentId: row.segment_id,
    holdId: row.hold_id,
    at: row.at,
  };
}
