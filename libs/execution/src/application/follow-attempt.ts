import { Injectable } from '@nestjs/common';
import type { EpochSeconds } from '#libs/kernel';
import type { Connector, ObservedAttempt } from '#libs/connectors';
import type { Segment } from '#libs/jobs';
import { Clock, crashPoint, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';
import type { Attempt } from '../domain/attempt.js';
import { isIntervalDue, isLastCheckpointDue } from '../domain/checkpoint-asking.js';
import { checkpointLeadSeconds, deadlineOf } from '../domain/run-time.js';
import { AttemptStore } from './attempt.store.js';
import { KeepCheckpoints } from './keep-checkpoints.js';
import { KeepProgress } from './keep-progress.js';
import { endOf, RecordRun } from './record-run.js';

export interface Look {
  readonly attempt: Attempt;
  readonly segment: Segment;
  readonly connector: Connector;
  /** Null where the cluster's list left it out. */
  readonly observed: ObservedAttempt | null;
}

type Seen = Look & { readonly observed: ObservedAttempt };

/** What one look at one submitted attempt brings: its start, its checkpoints, its progress, its end. */
@Injectable()
export class FollowAttempt {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly attempts: AttemptStore,
    private readonly record: RecordRun,
    private readonly checkpoints: KeepCheckpoints,
    private readonly progress: KeepProgress,
  ) {}

  async execute(context: OperationContext, look: Look): Promise<void> {
    const observed = look.observed ?? (await look.connector.find(look.attempt.token));
    const now = nowSeconds(this.clock);
    // Not unreachable, which throws: whatever it was, the cluster has nothing of it any more.
    if (!observed) return this.end(context, look, absentEnd(look.attempt, now));
    const { startedAt, nodeNames } = observed;
    if (startedAt === null) return this.followUnstarted(context, { ...look, observed });
    if (look.attempt.startedAt === null) await this.record.started(context, look.attempt, { startedAt, nodeNames });
    const attempt = { ...look.attempt, startedAt: look.attempt.startedAt ?? startedAt };
    await this.followStarted(context, { ...look, attempt, observed }, attempt.startedAt);
  }

  private async followUnstarted(context: OperationContext, look: Seen): Promise<void> {
    const { attempt, segment, connector, observed } = look;
    const now = nowSeconds(this.clock);
    if (observed.state === 'ended') return this.end(context, look, endOf(attempt, observed, now));
    const giveUpAt = Math.max(segment.startsAt, attempt.submittedAt ?? 0) + connector.timing().startTimeoutSeconds;
    if (now < giveUpAt) return;
    // It begins no more once this is done; the proof of that is seen at a later look.
    crashPoint('cancel:before');
    await connector.cancel(observed.externalId);
    crashPoint('cancel:after');
  }

  private async followStarted(context: OperationContext, look: Seen, startedAt: EpochSeconds): Promise<void> {
    const { attempt, connector, observed } = look;
    const hasEnded = observed.state === 'ended';
    // After the end was seen: so nothing is missed.
    if (attempt.checkpoint) await this.checkpoints.execute(context, attempt, connector);
    await this.progress.execute(context, attempt, { connector, hasEnded });
    if (attempt.checkpoint) await this.askForCheckpoint(context, look, startedAt);
    if (hasEnded) await this.end(context, look, endOf(attempt, observed, nowSeconds(this.clock)));
  }

  private async askForCheckpoint(context: OperationContext, look: Seen, startedAt: EpochSeconds): Promise<void> {
    const { attempt, segment, connector, observed } = look;
    const run = {
      startedAt,
      deadline: deadlineOf(attempt, startedAt, segment),
      leadSeconds: checkpointLeadSeconds(attempt, connector.timing()),
      now: observed.endedAt ?? nowSeconds(this.clock),
    };
    if (isLastCheckpointDue(run)) {
      if (segment.state !== 'CHECKPOINTING') await this.record.endsSoon(context, attempt);
    } else if (observed.state === 'running' && isIntervalDue(attempt, run)) await this.signal(context, look);
  }

  private async signal(context: OperationContext, { attempt, connector, observed }: Seen): Promise<void> {
    if (!attempt.checkpoint) return;
    const now = nowSeconds(this.clock);
    const isOurs = await this.transactions.run(context, (ctx) =>
      this.attempts.recordCheckpointAsked(ctx, attempt.id, now),
    );
    // Another broker asked in this very second.
    if (!isOurs) return;
    crashPoint('signal:before');
    await connector.signal(observed.externalId, attempt.checkpoint.signal);
    crashPoint('signal:after');
  }

  private async end(context: OperationContext, look: Look, end: ReturnType<typeof endOf>): Promise<void> {
    await this.record.ended(context, look.attempt, end);
  }
}

function absentEnd(attempt: Attempt, now: EpochSeconds): ReturnType<typeof endOf> {
  // When it ended nobody knows: what was metered stands, nothing is added.
  return { endedAt: attempt.startedAt ?? now, outcome: 'vanished', exitCode: null, proof: 'absent' };
}
