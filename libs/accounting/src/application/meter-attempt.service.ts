import { Injectable } from '@nestjs/common';
import type { AttemptId, UsageRecordId } from '#libs/kernel';
import {
  Clock,
  Doorbells,
  IdSource,
  type OperationContext,
  PlatformConfig,
  TransactionRunner,
  type TxContext,
  afterCommit,
  crashPoint,
  nowSeconds,
} from '#libs/platform';
import { type MeteredAttempt, closableUsage } from '../domain/metered-attempt.js';
import { MeterStore } from './meter.store.js';
import { PoolSites } from './pool-sites.js';

/** A week of hours, and their midnights. */
const RECORDS_PER_STATEMENT_MAX = 200;
const DUE_ATTEMPTS_MAX = 500;

/** Closes usage records of one attempt: whole hours while it runs, the rest once its end is known. */
@Injectable()
export class MeterAttemptService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly meter: MeterStore,
    private readonly sites: PoolSites,
    private readonly doorbells: Doorbells,
    private readonly ids: IdSource,
    private readonly clock: Clock,
    private readonly config: PlatformConfig,
  ) {}

  /** Answers how many records were closed: none where there was nothing to close or another meter was faster. */
  async execute(context: OperationContext, attemptId: AttemptId): Promise<number> {
    let records = 0;
    for (;;) {
      const step = await this.transactions.run(context, (ctx) => this.closeSome(ctx, attemptId));
      crashPoint('meter:after-commit');
      records += step.records;
      if (!step.goesOn) return records;
    }
  }

  /** Attempts that `execute` has something to do for. */
  async findOpen(context: OperationContext): Promise<AttemptId[]> {
    return this.transactions.run(context, (ctx) => this.meter.findDue(ctx, nowSeconds(this.clock), DUE_ATTEMPTS_MAX));
  }

  private async closeSome(ctx: TxContext, attemptId: AttemptId): Promise<{ records: number; goesOn: boolean }> {
    const attempt = await this.meter.findUnclosed(ctx, attemptId);
    if (!attempt) return { records: 0, goesOn: false };
    const { records, closes, meteredUntil, isAll } = await this.nextRecords(ctx, attempt);
    if (records.length === 0 && !closes) return { records: 0, goesOn: false };
    const isKept = await this.meter.closeUsage(ctx, { attempt, records, meteredUntil, closes, at: this.clock.now() });
    if (!isKept) return { records: 0, goesOn: false };
    afterCommit(ctx, () => this.doorbells.ring('rate-usage', 'all'));
    crashPoint('meter:before-commit');
    return { records: records.length, goesOn: !isAll };
  }

  private async nextRecords(ctx: TxContext, attempt: MeteredAttempt) {
    const site = await this.sites.siteOf(ctx, attempt.poolId);
    const { billingZone } = this.config;
    const drafts = closableUsage(attempt, { now: nowSeconds(this.clock), billingZone, site });
    const taken = drafts.slice(0, RECORDS_PER_STATEMENT_MAX);
    const meteredUntil = taken.at(-1)?.endsAt ?? attempt.meteredUntil;
    return {
      records: taken.map((draft) => ({ ...draft, id: this.ids.next<UsageRecordId>() })),
      meteredUntil,
      closes: meteredUntil === attempt.endedAt,
      isAll: taken.length === drafts.length,
    };
  }
}
