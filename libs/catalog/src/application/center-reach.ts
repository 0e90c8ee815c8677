import type { CenterId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { CatalogError } from '../domain/catalog.errors.js';

/**
 * A key keeps the catalog of the centers it operates; a platform administrator's, of all. The broker itself and the
 * shell are not held back.
 * @throws CatalogError `center-not-yours`
 */
export function assertKeepsCenter(
  context: OperationContext,
  center: { readonly id: CenterId; readonly code: string },
): void {
  const { actor, scope } = context;
  if (actor.kind !== 'apiKey' || scope.platformAdmin || scope.centerIds.includes(center.id)) return;
  throw new CatalogError('center-not-yours', `this key does not operate the center '${center.code}'`, {
    center: center.code,
  });
}

/** @throws CatalogError `center-not-yours` unless the context may change the catalog of every center. */
export function assertKeepsPlatform(context: OperationContext): void {
  if (context.actor.kind !== 'apiKey' || context.scope.platformAdmin) return;
  throw new CatalogError('center-not-yours', 'only a platform administrator adds or changes centers');
}
