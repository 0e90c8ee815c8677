import { Injectable } from '@nestjs/common';
import { dec } from '#libs/kernel';
import type { AccountId, Currency, Decimal, HoldId, JobId, SegmentId, TenantId } from '#libs/kernel';
import { type TxContext, execute, query } from '#libs/platform';
import { type Hold, HoldStore, type NewHold } from '../application/hold.store.js';
import { rows } from './rows.js';

interface HoldRow {
  readonly id: HoldId;
  readonly tenant_id: TenantId;
  readonly account_id: AccountId;
  readonly job_id: JobId;
  readonly segment_id: SegmentId;
  readonly currency: Currency;
  readonly amount: string;
  readonly captured: string;
  readonly released: string;
  readonly closed_at: Date | null;
}

const COLUMNS = 'id, tenant_id, account_id, job_id, segment_id, currency, amount, captured, released, closed_at';

@Injectable()
export class PostgresHoldStore extends HoldStore {
  async insert(ctx: TxContext, hold: NewHold, at: Date): Promise<void> {
    const { id, tenantId, accountId, jobId, segmentId, currency, amount } = hold;
    await query(
      ctx,
      `INSERT INTO hold (id, tenant_id, account_id, job_id, segment_id, currency, amount, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, tenantId, accountId, jobId, segmentId, currency, amount.toFixed(), at],
    );
  }

  async find(ctx: TxContext, id: HoldId): Promise<Hold | null> {
    const [row] = await query<HoldRow>(ctx, `SELECT ${COLUMNS} FROM hold WHERE id = $1`, [id]);
    return row ? fromDbHold(row) : null;
  }

  async lock(ctx: TxContext, ids: readonly HoldId[]): Promise<ReadonlyMap<HoldId, Hold>> {
    const found = await query<HoldRow>(ctx, `SELECT ${COLUMNS} FROM hold WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, [
      ids,
    ]);
    return new Map(found.map((row) => [row.id, fromDbHold(row)]));
  }

  async capture(ctx: TxContext, captured: ReadonlyMap<HoldId, Decimal>): Promise<void> {
    const changes = [...captured].filter(([, amount]) => !amount.isZero());
    if (changes.length === 0) return;
    await execute(
      ctx,
      `UPDATE hold SET captured = captured + c.amount
       FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, amount numeric) WHERE hold.id = c.id`,
      [rows(changes.map(([id, amount]) => ({ id, amount: amount.toFixed() })))],
    );
  }

  async close(ctx: TxContext, id: HoldId, at: Date): Promise<boolean> {
    const changed = await execute(
      ctx,
      'UPDATE hold SET released = amount - captured, closed_at = $2 WHERE id = $1 AND closed_at IS NULL',
      [id, at],
    );
    return changed === 1;
  }
}

function fromDbHold(row: HoldRow): Hold {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    accountId: row.account_id,
    jobId: row.job_id,
    segmentId: row.segment_id,
    currency: row.currency,
    amount: dec(row.amount),
    captured: dec(row.captured),
    released: dec(row.released),
    closedAt: row.closed_at,
  };
}
