import type { TxContext } from '#libs/platform';

/** A projection that differs from what it projects. Amounts are plain decimals. */
export interface Drift {
  /** What was compared, such as `account held = postings`. */
  readonly check: string;
  /** The account, hold, attempt or day that differs. */
  readonly subject: string;
  readonly kept: string;
  readonly expected: string;
}

export abstract class BooksStore {
  abstract findDrift(ctx: TxContext, limit: number): Promise<Drift[]>;
}
