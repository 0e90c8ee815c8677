import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  createProject,
  type CreateProject,
  type Page,
  pageOf,
  type Project as ApiProject,
  project,
  tenantQuery,
} from '#libs/contracts';
import { CreateProjectService, IdentityQueries, type Project } from '#libs/identity';
import type { TenantId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call, Context } from '../http/api-call.js';
import { Creations } from '../http/creations.service.js';
import { Answers, Creates } from '../openapi/answers.decorator.js';
import { toApiInstant } from '../wire/instants.js';
import { fromApiPage, toApiPage } from '../wire/pages.js';

@Controller('v1/projects')
export class ProjectsController {
  constructor(
    private readonly identity: IdentityQueries,
    private readonly makeProject: CreateProjectService,
    private readonly creations: Creations,
  ) {}

  @Get()
  @Action('project.read')
  @Answers(pageOf(project), { summary: "The tenant's projects", problems: ['tenant-not-found'] })
  async listProjects(
    @Context() context: OperationContext,
    @Query({ schema: tenantQuery }) query: z.infer<typeof tenantQuery>,
  ): Promise<Page<ApiProject>> {
    const tenantId = (query.tenantId ?? null) as TenantId | null;
    return toApiPage(await this.identity.listProjects(context, tenantId, fromApiPage(query)), toApiProject);
  }

  @Post()
  @Action('project.write')
  @Creates(project, { summary: 'Make a project', problems: ['project-code-taken'] })
  createProject(@Call() call: ApiCall, @Body({ schema: createProject }) body: CreateProject): Promise<ApiProject> {
    return this.creations.answer(call, {
      create: async (ctx) => {
        const made = await this.makeProject.execute(ctx, body);
        return { location: null, body: toApiProject(made) };
      },
    });
  }
}

function toApiProject({ id, code, name, createdAt }: Project): ApiProject {
  return { id, code, name, createdAt: toApiInstant(createdAt) };
}
