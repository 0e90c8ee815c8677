import { Injectable } from '@nestjs/common';
import type { CenterId } from '#libs/kernel';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import type { CenterReportRow, DaySpan, UsageDimension, UsageReportRow } from '../domain/reports.js';
import { UsageStore } from './usage.store.js';

/** Reports over years read the day rollup. What is closed and charged is in them; the open tail is not. */
@Injectable()
export class ReportQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly usage: UsageStore,
  ) {}

  /** The use of the tenant in scope, one row a group and currency, in the groups' order. */
  async usageReport(
    context: OperationContext,
    input: DaySpan & { readonly groupBy: readonly UsageDimension[] },
  ): Promise<UsageReportRow[]> {
    return this.transactions.run(context, (ctx) => this.usage.reportUsage(ctx, input, input.groupBy));
  }

  /** What a center in scope earned and its electricity, a row a day, pool and currency. */
  async centerReport(
    context: OperationContext,
    input: DaySpan & { readonly centerId: CenterId },
  ): Promise<CenterReportRow[]> {
    return this.transactions.run(context, (ctx) => this.usage.reportCenter(ctx, input, input.centerId));
  }
}
