import { Injectable } from '@nestjs/common';
import type { AttemptId, EpochSeconds } from '#libs/kernel';
import { Doorbells, type TxContext, afterCommit } from '#libs/platform';
import type { StartedAttempt } from '../domain/metered-attempt.js';
import { MeterStore } from './meter.store.js';

/** What accounting is told of attempts. Everything runs on the caller's transaction and may be said twice. */
@Injectable()
export class Meter {
  constructor(
    private readonly meter: MeterStore,
    private readonly doorbells: Doorbells,
  ) {}

  /** The cluster started it. The first word wins: false where it was known already. */
  async start(ctx: TxContext, attempt: StartedAttempt): Promise<boolean> {
    return this.meter.insertAttempt(ctx, attempt);
  }

  /** The cluster was seen to run these at `at`: their hours up to then may be closed. At most once a minute each is written. */
  async seen(ctx: TxContext, attemptIds: readonly AttemptId[], at: EpochSeconds): Promise<void> {
    await this.meter.see(ctx, attemptIds, at);
  }

  /**
   * The cluster's own end, with its proof in the caller's hands. The first word wins; never before what is metered
   * (a cluster's clock may be behind by seconds). False where an end was known already or it never started.
   */
  async end(ctx: TxContext, attemptId: AttemptId, endedAt: EpochSeconds): Promise<boolean> {
    const ended = await this.meter.end(ctx, attemptId, endedAt);
    if (ended) afterCommit(ctx, () => this.doorbells.ring('meter-attempt', attemptId));
    return ended;
  }
}
