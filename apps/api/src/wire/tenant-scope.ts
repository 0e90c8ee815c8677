import type { TenantId } from '#libs/kernel';
import { asTenant, type OperationContext } from '#libs/platform';

/** A platform administrator acts in the tenant that it names; everybody else in the own, whatever is named. */
export function inTenant(context: OperationContext, tenantId: string | null | undefined): OperationContext {
  if (!context.scope.platformAdmin || !tenantId || tenantId === context.scope.tenantId) return context;
  return asTenant(context, tenantId as TenantId);
}
