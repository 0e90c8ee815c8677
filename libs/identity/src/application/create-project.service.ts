import { Injectable } from '@nestjs/common';
import type { TenantId } from '#libs/kernel';
import { Clock, IdSource, type OperationContext, TransactionRunner, nowSeconds } from '#libs/platform';
import { refuseFaultyNames } from '../domain/names.js';
import type { Project } from '../domain/read-types.js';
import { ProjectStore } from '../persistence/project.store.js';
import { TenantReach } from './tenant-reach.js';

export interface CreateProjectInput {
  readonly code: string;
  readonly name: string;
  /** Default: the caller's own. */
  readonly tenantId?: TenantId | null;
}

@Injectable()
export class CreateProjectService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reach: TenantReach,
    private readonly projects: ProjectStore,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /** @throws IdentityError `project-code-taken`, `tenant-not-found`; InvalidInputError */
  async execute(context: OperationContext, input: CreateProjectInput): Promise<Project> {
    refuseFaultyNames(input);
    const tenant = await this.reach.find(context, input.tenantId ?? null);
    const project: Project = {
      id: this.ids.next(),
      tenantId: tenant.id,
      code: input.code,
      name: input.name,
      createdAt: nowSeconds(this.clock),
    };
    await this.transactions.run(this.reach.contextFor(context, tenant.id), (ctx) => this.projects.insert(ctx, project));
    return project;
  }
}
