import { DomainError } from '#libs/kernel';

export type PricingErrorCode = 'invalid-schedule' | 'invalid-quantity' | 'electricity-unknown' | 'invalid-zone';

export class PricingError extends DomainError<PricingErrorCode> {}
