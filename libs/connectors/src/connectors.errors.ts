import { DomainError } from '#libs/kernel';

/**
 * Raised where a connector cannot know: the cluster does not answer, or its answer proves nothing. The state of what
 * runs there is unknown, which is no end.
 */
export class ConnectorUnreachableError extends DomainError<'connector-unreachable'> {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super('connector-unreachable', message, details);
  }
}

/** Raised where the cluster will not do what was asked, and provably did nothing: too few free nodes, no such checkpoint. */
export class ConnectorRejectedError extends DomainError<'connector-rejected'> {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super('connector-rejected', message, details);
  }
}
