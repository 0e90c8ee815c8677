import { DomainError } from '#libs/kernel';

export type AccountingErrorCode =
  | 'account-not-found'
  | 'account-exists'
  | 'currency-mismatch'
  | 'invalid-amount'
  | 'price-not-found'
  | 'pool-not-found'
  | 'hold-not-found';

export class AccountingError extends DomainError<AccountingErrorCode> {}
