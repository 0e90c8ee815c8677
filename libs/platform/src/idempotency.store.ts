import { Injectable } from '@nestjs/common';
import { Clock } from './clock.js';
import type { OperationContext, TxContext } from './context.js';
import { execute, query, TransactionRunner } from './transactions.js';

/** A request that its sender may repeat. `route` names what is created, also the account or job that it is created under. */
export interface RepeatableRequest {
  readonly route: string;
  readonly key: string;
  /** SHA-256 of the canonical body. */
  readonly bodyHash: Uint8Array;
}

export interface KeptAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly body: unknown;
}

export type OnceAnswer =
  | { readonly kind: 'created'; readonly answer: KeptAnswer }
  | { readonly kind: 'replayed'; readonly answer: KeptAnswer }
  | { readonly kind: 'other-body' };

/** How long a key binds its answer. */
const IDEMPOTENCY_SECONDS = 86_400;
const FORGOTTEN_PER_SWEEP_MAX = 10_000;

interface KeyRow {
  readonly body_hash: Buffer;
  readonly status: number | null;
  readonly location: string | null;
  readonly body: unknown;
}

/**
 * Answers kept by tenant (the one in scope), route and key. The key's row is inserted inside the transaction that
 * creates, so a second request with the same key waits on the unique index until the first has committed or is undone;
 * an answer that is an error is undone with the row, and keeps nothing.
 */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** @throws whatever `work` throws; the key is then free again. The scope needs a tenant. */
  async once(
    context: OperationContext,
    request: RepeatableRequest,
    work: (ctx: TxContext) => Promise<KeptAnswer>,
  ): Promise<OnceAnswer> {
    return this.transactions.run(context, async (ctx) => {
      if (!(await this.claim(ctx, request))) return this.recall(ctx, request);
      const answer = await work(ctx);
      await execute(
        ctx,
        `UPDATE idempotency_key SET status = $4, location = $5, body = $6 WHERE tenant_id = $1 AND route = $2 AND key = $3`,
        [...keyOf(ctx, request), answer.status, answer.location, JSON.stringify(answer.body)],
      );
      return { kind: 'created', answer };
    });
  }

  /** Deletes keys of all tenants that bind no more, as the worker; answers how many. At most a batch, so that it holds no lock long. */
  async forgetExpired(context: OperationContext): Promise<number> {
    const tooOld = new Date(this.clock.now().getTime() - IDEMPOTENCY_SECONDS * 1000);
    return this.transactions.run(context, (ctx) =>
      execute(
        ctx,
        `DELETE FROM idempotency_key WHERE ctid IN (SELECT ctid FROM idempotency_key WHERE created_at <= $1 LIMIT $2)`,
        [tooOld, FORGOTTEN_PER_SWEEP_MAX],
      ),
    );
  }

  /** Inserts the key, or takes over one that is too old to bind. False where another request has it. */
  private async claim(ctx: TxContext, request: RepeatableRequest): Promise<boolean> {
    const now = this.clock.now();
    const tooOld = new Date(now.getTime() - IDEMPOTENCY_SECONDS * 1000);
    const rows = await query(
      ctx,
      `INSERT INTO idempotency_key (tenant_id, route, key, body_hash, created_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant_id, route, key) DO UPDATE
         SET body_hash = excluded.body_hash, created_at = excluded.created_at, status = NULL, location = NULL, body = NULL
         WHERE idempotency_key.created_at <= $6
       RETURNING key`,
      [...keyOf(ctx, request), request.bodyHash, now, tooOld],
    );
    return rows.length > 0;
  }

  private async recall(ctx: TxContext, request: RepeatableRequest): Promise<OnceAnswer> {
    const [row] = await query<KeyRow>(
      ctx,
      `SELECT body_hash, status, location, body FROM idempotency_key WHERE tenant_id = $1 AND route = $2 AND key = $3`,
      keyOf(ctx, request),
    );
    if (!row || row.status === null) throw new Error('an idempotency key was claimed and has no answer');
    if (!row.body_hash.equals(request.bodyHash)) return { kind: 'other-body' };
    return { kind: 'replayed', answer: { status: row.status, location: row.location, body: row.body } };
  }
}

function keyOf(ctx: TxContext, { route, key }: RepeatableRequest): string[] {
  const { tenantId } = ctx.scope;
  if (tenantId === null) throw new Error('an idempotency key belongs to a tenant');
  return [tenantId, route, key];
}
