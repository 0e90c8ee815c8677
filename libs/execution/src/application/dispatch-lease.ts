import { Injectable } from '@nestjs/common';
import { Clock, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt } from '../domain/attempt.js';
import { AttemptStore } from './attempt.store.js';

/** So long after a broker was killed another one may go on with its submission. */
export const DISPATCH_SECONDS = 6;
const RENEW_MS = 2000;

/**
 * One broker at a time stages and submits an attempt. That saves work and keeps checkpoints from being moved under a run;
 * that the attempt runs once is not held here but by its token.
 */
@Injectable()
export class DispatchLease {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly attempts: AttemptStore,
  ) {}

  /** False where another broker has it, or it is submitted. */
  async take(context: OperationContext, attempt: Attempt): Promise<boolean> {
    const now = nowSeconds(this.clock);
    return this.transactions.run(context, (ctx) =>
      this.attempts.takeDispatch(ctx, attempt.id, { now, until: now + DISPATCH_SECONDS }),
    );
  }

  /** Keeps the lease, which was taken, until the work is done or has failed. */
  async holding(context: OperationContext, attempt: Attempt, work: () => Promise<void>): Promise<void> {
    const hold = (seconds: number) =>
      this.transactions.run(context, (ctx) =>
        this.attempts.holdDispatch(ctx, attempt.id, nowSeconds(this.clock) + seconds),
      );
    // A renewal that fails lets the lease run out: another broker takes over.
    const renewal = setInterval(() => void hold(DISPATCH_SECONDS).catch(() => undefined), RENEW_MS);
    try {
      await work();
    } finally {
      clearInterval(renewal);
      await hold(0).catch(() => undefined);
    }
  }
}
