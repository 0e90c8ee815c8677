import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  createMember,
  type CreateMember,
  type Member as ApiMember,
  member,
  type Page,
  pageOf,
  tenantQuery,
} from '#libs/contracts';
import { AddMemberService, IdentityQueries, type Member } from '#libs/identity';
import type { TenantId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { toApiInstant } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

@Controller('v1/members')
export class MembersController {
  constructor(
    private readonly identity: IdentityQueries,
    private readonly addMember: AddMemberService,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('member.read')
  @Answers(pageOf(member), { summary: "The tenant's members", problems: ['tenant-not-found'] })
  async listMembers(
    @Context() context: OperationContext,
    @Query({ schema: tenantQuery }) query: z.infer<typeof tenantQuery>,
  ): Promise<Page<ApiMember>> {
    const tenantId = (query.tenantId ?? null) as TenantId | null;
    return toApiPage(await this.identity.listMembers(context, tenantId, fromApiPage(query)), toApiMember);
  }

  @Post()
  @Action('member.write')
  @Creates(member, { summary: 'Add a member', problems: ['member-email-taken'] })
  createMember(@Call() call: ApiCall, @Body({ schema: createMember }) body: CreateMember): Promise<ApiMember> {
    return this.creations.answer(call, {
      create: async (ctx) => {
        const made = await this.addMember.execute(ctx, body);
        return { location: null, body: toApiMember(made) };
      },
    });
  }
}

function toApiMember({ id, name, email, roles, createdAt }: Member): ApiMember {
  return { id, name, email, roles: [...roles], createdAt: toApiInstant(createdAt) };
}
