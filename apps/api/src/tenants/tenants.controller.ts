import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { OpenAccountService } from '#libs/accounting';
import { CreateTenantService, IdentityQueries, type Tenant } from '#libs/identity';
import {
  createTenant,
  type CreateTenant,
  type Page,
  pageOf,
  pageQuery,
  type PageQuery,
  type Tenant as ApiTenant,
  tenant,
} from '#libs/contracts';
import type { TenantId } from '#libs/kernel';
import { IdSource, type OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { toApiInstant } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

/** What a new tenant's first account is in. */
const CURRENCY = 'CNY';

@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly identity: IdentityQueries,
    private readonly makeTenant: CreateTenantService,
    private readonly accounts: OpenAccountService,
    private readonly ids: IdSource,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('tenant.read')
  @Answers(pageOf(tenant), { summary: 'Every tenant' })
  async listTenants(
    @Context() context: OperationContext,
    @Query({ schema: pageQuery }) query: PageQuery,
  ): Promise<Page<ApiTenant>> {
    return toApiPage(await this.identity.listTenants(context, fromApiPage(query)), toApiTenant);
  }

  @Post()
  @Action('tenant.write')
  @Creates(tenant, { summary: 'Make a tenant, with an empty account in CNY', problems: ['tenant-code-taken'] })
  createTenant(@Call() call: ApiCall, @Body({ schema: createTenant }) body: CreateTenant): Promise<ApiTenant> {
    const id = this.ids.next<TenantId>();
    return this.creations.answer(call, {
      context: alsoWriting(call.context, id),
      create: async (ctx) => {
        const made = await this.makeTenant.execute(ctx, { ...body, id });
        await this.accounts.execute(ctx, { tenantId: id, currency: CURRENCY });
        return { location: null, body: toApiTenant(made) };
      },
    });
  }
}

/** The caller's own scope, in which rows of a tenant that is just being made may be added. */
function alsoWriting({ actor, requestId, scope }: OperationContext, id: TenantId): OperationContext {
  return { actor, requestId, scope: { ...scope, writeTenantIds: [...scope.writeTenantIds, id] } };
}

function toApiTenant({ id, code, name, kind, createdAt }: Tenant): ApiTenant {
  return { id, code, name, kind, createdAt: toApiInstant(createdAt) };
}
