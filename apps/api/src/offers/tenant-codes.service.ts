import { Injectable } from '@nestjs/common';
import { InvalidInputError, type TenantId } from '#libs/kernel';
import { IdentityQueries, type Tenant } from '#libs/identity';
import type { OperationContext } from '#libs/platform';

const PAGE = 200;

/** Offers name tenants by code; a center's operator may name any, though it can read none of them. */
@Injectable()
export class TenantCodes {
  constructor(private readonly identity: IdentityQueries) {}

  /** @throws InvalidInputError at `/tenantsAllowed/<index>` */
  async byCodes(context: OperationContext, codes: readonly string[]): Promise<ReadonlyMap<TenantId, string>> {
    if (codes.length === 0) return new Map();
    const byCode = new Map((await this.directory(context)).map((tenant) => [tenant.code, tenant.id]));
    const faults = codes.flatMap((code, index) =>
      byCode.has(code) ? [] : [{ path: `/tenantsAllowed/${index}`, message: `there is no tenant '${code}'` }],
    );
    if (faults.length > 0) throw new InvalidInputError(faults);
    return new Map(
      codes.flatMap((code): [TenantId, string][] => {
        const id = byCode.get(code);
        return id === undefined ? [] : [[id, code]];
      }),
    );
  }

  async codesOf(context: OperationContext, ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, string>> {
    if (ids.length === 0) return new Map();
    return new Map((await this.directory(context)).map((tenant) => [tenant.id, tenant.code]));
  }

  /**
   * The directory is an administrator's to read; here it is read for the codes only. In a transaction of its own, so never
   * inside another: each would hold a connection that the other waits for.
   */
  private async directory(context: OperationContext): Promise<Tenant[]> {
    const { actor, requestId, scope } = context;
    const reader: OperationContext = { actor, requestId, scope: { ...scope, platformAdmin: true } };
    const tenants: Tenant[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.identity.listTenants(reader, { limit: PAGE, cursor });
      tenants.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return tenants;
  }
}
