import { DomainError } from '#libs/kernel';

export type CapacityErrorCode = 'offer-not-found' | 'offer-in-use' | 'not-your-center';

export class CapacityError extends DomainError<CapacityErrorCode> {}
