import type { CenterId, TenantId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';

/** The centers whose offers an operation may see and keep; null: all of them (administrators, the broker itself). */
export function centersKept({ actor, scope }: OperationContext): readonly CenterId[] | null {
  return scope.platformAdmin || actor.kind !== 'apiKey' ? null : scope.centerIds;
}

/** Whose supply an operation may see: what is open to its tenant, and all of the centers it keeps. */
export interface SupplyViewer {
  readonly tenantId: TenantId | null;
  readonly centerIds: readonly CenterId[] | null;
}

export function supplyViewer(context: OperationContext): SupplyViewer {
  return { tenantId: context.scope.tenantId, centerIds: centersKept(context) };
}
