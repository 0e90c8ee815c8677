import { DomainError } from '#libs/kernel';

export type EnergyErrorCode = 'invalid-figure' | 'invalid-tariff';

export class EnergyError extends DomainError<EnergyErrorCode> {}
