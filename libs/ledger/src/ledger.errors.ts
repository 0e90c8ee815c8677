import { DomainError } from '#libs/kernel';

export type LedgerErrorCode = 'unbalanced' | 'invalid-posting' | 'invalid-amount' | 'inconsistent-charge';

export class LedgerError extends DomainError<LedgerErrorCode> {}
