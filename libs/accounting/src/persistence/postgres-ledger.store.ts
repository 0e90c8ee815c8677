import { Injectable } from '@nestjs/common';
import { dec } from '#libs/kernel';
import type { HoldId, JobId, SegmentId, TransactionId } from '#libs/kernel';
import type { AccountKind, TransactionKind } from '#libs/ledger';
import { type TxContext, query } from '#libs/platform';
import { type AccountEntry, type EntriesPage, type LedgerEntry, LedgerStore } from '../application/ledger.store.js';
import { rows } from './rows.js';

interface EntryLineRow {
  readonly id: TransactionId;
  readonly kind: TransactionKind;
  readonly at: Date;
  readonly description: string;
  readonly reference: string | null;
  readonly job_id: JobId | null;
  readonly segment_id: SegmentId | null;
  readonly hold_id: HoldId | null;
  readonly account: AccountKind;
  readonly amount: string;
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

  async listEntries(ctx: TxContext, page: EntriesPage): Promise<AccountEntry[]> {
    const lines = await query<EntryLineRow>(
      ctx,
      `WITH page AS (
         SELECT * FROM ledger_transaction t WHERE tenant_id = $1 AND ($3::uuid IS NULL OR id < $3)
           AND EXISTS (SELECT FROM posting p WHERE p.transaction_id = t.id AND p.currency = $2 AND p.account LIKE 'tenant:%')
         ORDER BY id DESC LIMIT $4)
       SELECT t.id, t.kind, t.at, t.description, t.reference, t.job_id, t.segment_id, t.hold_id, p.account, p.amount
       FROM page t JOIN posting p ON p.transaction_id = t.id WHERE p.currency = $2 AND p.account LIKE 'tenant:%'
       ORDER BY t.id DESC, p.line`,
      [page.tenantId, page.currency, page.before, page.limit],
    );
    return entriesOf(lines);
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

/** Lines of one transaction stand together. */
function entriesOf(lines: readonly EntryLineRow[]): AccountEntry[] {
  const entries = new Map<TransactionId, AccountEntry>();
  for (const row of lines) {
    const line = { account: row.account, amount: dec(row.amount).toFixed() };
    const entry = entries.get(row.id);
    entries.set(row.id, entry ? { ...entry, lines: [...entry.lines, line] } : fromDbEntry(row, line));
  }
  return [...entries.values()];
}

function fromDbEntry(row: EntryLineRow, line: AccountEntry['lines'][number]): AccountEntry {
  return {
    id: row.id,
    kind: row.kind,
    at: row.at,
    description: row.description,
    reference: row.reference,
    jobId: row.job_id,
    segmentId: row.segment_id,
    holdId: row.hold_id,
    lines: [line],
  };
}
