import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { ProjectId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, isConstraintViolation, manager } from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import type { Project } from '../domain/read-types.js';
import { ProjectEntity } from './project.entity.js';
import { insertRow, pageById, tenantOf } from './tenant-rows.store.js';

@Injectable()
export class ProjectStore {
  /** @throws IdentityError `project-code-taken` */
  async insert(ctx: TxContext, project: Project): Promise<void> {
    try {
      await insertRow(ctx, ProjectEntity, project);
    } catch (error) {
      if (!isConstraintViolation(error, 'project_tenant_id_code_key')) throw error;
      const { code } = project;
      throw new IdentityError('project-code-taken', `the tenant has a project '${code}' already`, { code });
    }
  }

  findByCode(ctx: TxContext, code: string): Promise<Project | null> {
    return manager(ctx).findOneBy(ProjectEntity, { tenantId: tenantOf(ctx), code });
  }

  findByIds(ctx: TxContext, ids: readonly ProjectId[]): Promise<Project[]> {
    return manager(ctx).findBy(ProjectEntity, { tenantId: tenantOf(ctx), id: In(ids) });
  }

  list(ctx: TxContext, page: PageRequest): Promise<Page<Project>> {
    return pageById(ctx, ProjectEntity, { tenantId: tenantOf(ctx) }, page);
  }
}
