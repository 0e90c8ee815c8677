import { Injectable } from '@nestjs/common';
import { JobQueries, SegmentRuns } from '#libs/jobs';
import { Clock, nowSeconds, type OperationContext, TransactionRunner } from '#libs/platform';

/** A waiting job whose deadline has come cannot finish by it any more: it ends `DEADLINE`, as in Slurm. */
@Injectable()
export class EndOverdueJobsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly jobs: JobQueries,
    private readonly runs: SegmentRuns,
  ) {}

  /** Jobs with a segment are left to it: its span was planned to end by the deadline. */
  async execute(context: OperationContext): Promise<void> {
    const at = nowSeconds(this.clock);
    for (const job of await this.jobs.findWaitingJobs(context)) {
      if (job.state !== 'PENDING' || job.deadlineAt === null || job.deadlineAt > at) continue;
      await this.transactions.run(context, (ctx) => this.runs.endPending(ctx, job.id, { to: 'DEADLINE', at }));
    }
  }
}
