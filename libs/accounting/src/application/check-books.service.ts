import { Injectable, Logger } from '@nestjs/common';
import { type OperationContext, TransactionRunner } from '#libs/platform';
import { BooksStore, type Drift } from './books.store.js';

const DRIFTS_MAX = 100;

/** Compares balances, holds, charges and rollups with what they are made of. Any difference is a fault of the broker. */
@Injectable()
export class CheckBooksService {
  private readonly logger = new Logger(CheckBooksService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly books: BooksStore,
  ) {}

  /** Empty where the books agree. Each check is one statement, so running transactions don't disturb it. */
  async execute(context: OperationContext): Promise<Drift[]> {
    const drifts = await this.transactions.run(context, (ctx) => this.books.findDrift(ctx, DRIFTS_MAX));
    for (const { check, subject, kept, expected } of drifts)
      this.logger.error(`books drift: ${check}, ${subject}: ${kept}, expected ${expected}`);
    return drifts;
  }
}
