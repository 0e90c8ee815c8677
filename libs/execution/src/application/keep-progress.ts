import { Injectable } from '@nestjs/common';
import type { EpochSeconds } from '#libs/kernel';
import type { Connector } from '#libs/connectors';
import { SegmentRuns } from '#libs/jobs';
import { Clock, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt } from '../domain/attempt.js';
import { thinProgress } from '../domain/thin-progress.js';
import { AttemptStore } from './attempt.store.js';

type Reading = Awaited<ReturnType<Connector['readProgress']>>;

/** At the last look at an attempt: it may have told of much while the broker was down. */
const READINGS_MAX = 64;

/** Keeps what a program tells of its progress: a line a second, and always the last one. */
@Injectable()
export class KeepProgress {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly runs: SegmentRuns,
    private readonly attempts: AttemptStore,
  ) {}

  /** Between two looks within one second nothing is read, except after the end, which is the last look. */
  async execute(
    context: OperationContext,
    attempt: Attempt,
    look: { readonly connector: Connector; readonly hasEnded: boolean },
  ): Promise<void> {
    let { progressOffset: from, progressAt } = attempt;
    const now = nowSeconds(this.clock);
    if (progressAt !== null && now <= progressAt && !look.hasEnded) return;
    for (let readings = 0; readings < READINGS_MAX; readings++) {
      const reading = await look.connector.readProgress(attempt.token, from);
      if (reading.nextOffset === from) return;
      const since = progressAt ?? attempt.startedAt ?? now;
      if (!(await this.keep(context, attempt, { reading, from, since, now }))) return;
      // While it runs the next look brings the rest: a fast program would keep this one busy.
      if (!look.hasEnded) return;
      from = reading.nextOffset;
      progressAt = now;
    }
  }

  private async keep(
    context: OperationContext,
    attempt: Attempt,
    part: {
      readonly reading: Reading;
      readonly from: number;
      readonly since: EpochSeconds;
      readonly now: EpochSeconds;
    },
  ): Promise<boolean> {
    const { reading, from, since, now } = part;
    const lines = thinProgress(reading.lines, now - since);
    const points = lines.map((line) => ({ ...line, at: now }));
    return this.transactions.run(context, async (ctx) => {
      const move = { from, to: reading.nextOffset, at: now };
      if (!(await this.attempts.moveProgress(ctx, attempt.id, move))) return false;
      return this.runs.recordProgress(ctx, { segmentId: attempt.segmentId, points });
    });
  }
}
