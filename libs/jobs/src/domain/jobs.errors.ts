import { DomainError } from '#libs/kernel';

export type JobsErrorCode = 'job-not-found' | 'job-already-ended';

export class JobsError extends DomainError<JobsErrorCode> {}
