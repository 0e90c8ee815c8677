import type { CenterId, TenantId } from '#libs/kernel';

/** Who acts: a key that called, a part of the broker itself, or a person at the server's shell. */
export interface Actor {
  readonly kind: 'apiKey' | 'system' | 'shell';
  readonly id: string;
}

/** What the database's row-level security lets this operation see (`tenantId`, `centerIds`) and add (`writeTenantIds`). */
export interface Scope {
  readonly tenantId: TenantId | null;
  readonly writeTenantIds: readonly TenantId[];
  readonly centerIds: readonly CenterId[];
  readonly platformAdmin: boolean;
}

export interface OperationContext {
  readonly actor: Actor;
  readonly requestId: string;
  readonly scope: Scope;
}

declare const transaction: unique symbol;

/** A context inside a transaction. Stores require it, so a statement outside a transaction does not compile. */
export interface TxContext extends OperationContext {
  readonly [transaction]: true;
}

const NO_SCOPE: Scope = { tenantId: null, writeTenantIds: [], centerIds: [], platformAdmin: false };

/** For the broker's own work: `name` says which part acts, `requestId` ties it to what caused it. */
export function systemContext(name: string, requestId: string): OperationContext {
  return { actor: { kind: 'system', id: name }, requestId, scope: NO_SCOPE };
}

/** The same operation seen as one tenant's: reads and writes of that tenant only. */
export function asTenant<T extends OperationContext>(context: T, tenantId: TenantId): OperationContext {
  const { actor, requestId, scope } = context;
  return { actor, requestId, scope: { ...scope, tenantId, writeTenantIds: [tenantId] } };
}
