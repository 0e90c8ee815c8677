import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import type { OperationContext, TxContext } from './context.js';

/** Runs work in one transaction under the operation's scope. A nested run joins the transaction it is in. */
export abstract class TransactionRunner {
  abstract run<T>(context: OperationContext, work: (ctx: TxContext) => Promise<T>): Promise<T>;
}

interface OpenTransaction {
  readonly manager: EntityManager;
  readonly afterCommit: (() => void)[];
}

const open = new WeakMap<object, OpenTransaction>();

function transactionOf(ctx: TxContext): OpenTransaction {
  const found = open.get(ctx);
  if (!found) throw new Error('the transaction of this context has ended');
  return found;
}

/** For stores only. */
export function manager(ctx: TxContext): EntityManager {
  return transactionOf(ctx).manager;
}

/**
 * For stores only. Rows as the driver gives them: snake_case columns, `numeric` and `bigint` as text, `timestamptz` as Date.
 * An UPDATE or DELETE answers its RETURNING rows.
 */
export async function query<Row>(ctx: TxContext, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const answer: unknown = await manager(ctx).query(sql, [...parameters]);
  // TypeORM answers UPDATE and DELETE with [rows, count], everything else with rows.
  const isPair =
    Array.isArray(answer) && answer.length === 2 && Array.isArray(answer[0]) && typeof answer[1] === 'number';
  return (isPair ? (answer as [Row[], number])[0] : answer) as Row[];
}

/** For stores only: an UPDATE or DELETE, answered with the number of rows it changed. Zero is an answer, not an error. */
export async function execute(ctx: TxContext, sql: string, parameters: readonly unknown[] = []): Promise<number> {
  const answer: unknown = await manager(ctx).query(sql, [...parameters]);
  if (Array.isArray(answer) && typeof answer[1] === 'number') return answer[1];
  throw new TypeError('execute() is for UPDATE and DELETE');
}

/** Runs once the transaction has committed, never if it rolls back. For doorbells: nothing here may throw. */
export function afterCommit(ctx: TxContext, effect: () => void): void {
  transactionOf(ctx).afterCommit.push(effect);
}

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
}

function driverError(error: unknown): DriverError | null {
  return error instanceof QueryFailedError ? (error.driverError as DriverError) : null;
}

/** True where PostgreSQL refused a row by a constraint (of this name, if one is given). */
export function isConstraintViolation(error: unknown, constraint?: string): boolean {
  const driver = driverError(error);
  if (!driver?.code?.startsWith('23')) return false;
  return constraint === undefined || driver.constraint === constraint;
}

const RETRYABLE = new Set(['40001', '40P01']);
const TRIES_MAX = 3;

@Injectable()
export class TypeOrmTransactionRunner extends TransactionRunner {
  private readonly logger = new Logger('Transactions');

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async run<T>(context: OperationContext, work: (ctx: TxContext) => Promise<T>): Promise<T> {
    if (open.has(context)) return work(context as TxContext);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.runOnce(context, work);
      } catch (error) {
        // A deadlock or serialization failure undid everything, so the whole work may run again.
        if (attempt >= TRIES_MAX || !RETRYABLE.has(driverError(error)?.code ?? '')) throw error;
        this.logger.warn(`transaction retried after ${driverError(error)?.code}`);
        await delay(attempt * 10);
      }
    }
  }

  private async runOnce<T>(context: OperationContext, work: (ctx: TxContext) => Promise<T>): Promise<T> {
    const afterCommitted: (() => void)[] = [];
    const result = await this.dataSource.transaction('READ COMMITTED', async (entityManager) => {
      const ctx = { ...context } as TxContext;
      await entityManager.query(
        `SELECT set_config('yusuan.tenant_id', $1, true), set_config('yusuan.write_tenant_ids', $2, true),
                set_config('yusuan.center_ids', $3, true), set_config('yusuan.platform_admin', $4, true)`,
        [
          context.scope.tenantId ?? '',
          `{${context.scope.writeTenantIds.join(',')}}`,
          `{${context.scope.centerIds.join(',')}}`,
          context.scope.platformAdmin ? 'on' : 'off',
        ],
      );
      open.set(ctx, { manager: entityManager, afterCommit: afterCommitted });
      try {
        return await work(ctx);
      } finally {
        open.delete(ctx);
      }
    });
    for (const effect of afterCommitted) effect();
    return result;
  }
}
