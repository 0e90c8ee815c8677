import { DomainError } from '#libs/kernel';

export type CatalogErrorCode =
  | 'center-not-found'
  | 'center-code-taken'
  | 'center-not-yours'
  | 'cluster-not-found'
  | 'cluster-code-taken'
  | 'pool-not-found'
  | 'pool-code-taken'
  | 'pool-in-use'
  | 'version-conflict';

/** An expected refusal of the catalog. */
export class CatalogError extends DomainError<CatalogErrorCode> {}
