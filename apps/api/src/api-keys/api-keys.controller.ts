import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { CatalogQueries } from '#libs/catalog';
import {
  type ApiKey as ApiApiKey,
  apiKey,
  createApiKey,
  type CreateApiKey,
  createdApiKey,
  type CreatedApiKey,
  type Page,
  pageOf,
  tenantQuery,
} from '#libs/contracts';
import { type ApiKey, CreateApiKeyService, IdentityQueries, RevokeApiKeyService } from '#libs/identity';
import { type ApiKeyId, type CenterId, InvalidInputError, type MemberId, type TenantId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { atField } from '../wire/at-field.js';
import { fromApiInstantOrNull, toApiInstant, toApiInstantOrNull } from '../wire/instants.js';
import { fromApiPage } from '../wire/pages.js';
import { ID } from '../wire/params.js';
import { inTenant } from '../wire/tenant-scope.js';

@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly identity: IdentityQueries,
    private readonly catalog: CatalogQueries,
    private readonly makeKey: CreateApiKeyService,
    private readonly revoke: RevokeApiKeyService,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('apiKey.read')
  @Answers(pageOf(apiKey), { summary: "The tenant's keys, without their secrets", problems: ['tenant-not-found'] })
  async listApiKeys(
    @Context() context: OperationContext,
    @Query({ schema: tenantQuery }) query: z.infer<typeof tenantQuery>,
  ): Promise<Page<ApiApiKey>> {
    const tenantId = (query.tenantId ?? null) as TenantId | null;
    const { items, nextCursor } = await this.identity.listApiKeys(context, tenantId, fromApiPage(query));
    return { items: await this.viewsOf(context, items), nextCursor };
  }

  @Post()
  @Action('apiKey.write')
  @Creates(createdApiKey, {
    summary: 'Make a key; it is shown once',
    description: 'A repetition by Idempotency-Key answers with the key null: nothing keeps it.',
    problems: ['role-not-grantable'],
  })
  async createApiKey(
    @Call() call: ApiCall,
    @Body({ schema: createApiKey }) body: CreateApiKey,
  ): Promise<CreatedApiKey> {
    const centerIds = await this.centerIdsOf(call.context, body.centers);
    const input = fromApiCreateApiKey(body, centerIds);
    return this.creations.answer<CreatedApiKey>(call, {
      context: inTenant(call.context, body.tenantId),
      create: async (ctx) => {
        const making = this.makeKey.execute(ctx, call.principal, input);
        const { apiKey: made, key } = await atField({ 'tenant-not-found': '/tenantId' }, making);
        return { location: null, body: { ...toApiApiKey(made, body.centers), key } };
      },
      keep: (made) => ({ ...made, key: null }),
    });
  }

  @Delete(':id')
  @Action('apiKey.write')
  @Answers(apiKey, { summary: 'Revoke a key, at once', problems: ['api-key-not-found'] })
  async revokeApiKey(@Context() context: OperationContext, @Param('id', ID) id: ApiKeyId): Promise<ApiApiKey> {
    const [view] = await this.viewsOf(context, [await this.revoke.execute(context, id)]);
    if (!view) throw new Error('one key has one view');
    return view;
  }

  private async viewsOf(context: OperationContext, keys: readonly ApiKey[]): Promise<ApiApiKey[]> {
    const centers = await this.catalog.centersByIds(context, [...new Set(keys.flatMap((key) => key.centerIds))]);
    return keys.map((key) =>
      toApiApiKey(
        key,
        key.centerIds.flatMap((id) => centers.get(id)?.code ?? []),
      ),
    );
  }

  private async centerIdsOf(context: OperationContext, codes: readonly string[]): Promise<CenterId[]> {
    const centers = await this.catalog.centersByCodes(context, codes);
    const byCode = new Map(centers.map((center) => [center.code, center.id]));
    const faults = codes.flatMap((code, index) =>
      byCode.has(code) ? [] : [{ path: `/centers/${index}`, message: `there is no center '${code}'` }],
    );
    if (faults.length > 0) throw new InvalidInputError(faults);
    return codes.flatMap((code) => byCode.get(code) ?? []);
  }
}

function fromApiCreateApiKey(body: CreateApiKey, centerIds: readonly CenterId[]) {
  return {
    name: body.name,
    roles: body.roles,
    centerIds,
    tenantId: body.tenantId as TenantId | null,
    memberId: body.memberId as MemberId | null,
    expiresAt: fromApiInstantOrNull(body.expiresAt),
  };
}

function toApiApiKey(key: ApiKey, centers: readonly string[]): ApiApiKey {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    roles: [...key.roles],
    centers: [...centers],
    memberId: key.memberId,
    createdAt: toApiInstant(key.createdAt),
    expiresAt: toApiInstantOrNull(key.expiresAt),
    revokedAt: toApiInstantOrNull(key.revokedAt),
  };
}
