import { Injectable } from '@nestjs/common';
import type { ApiKeyId, ProjectId, TenantId } from '#libs/kernel';
import { type OperationContext, type Page, type PageRequest, TransactionRunner, type TxContext } from '#libs/platform';
import type { ApiKey, Member, Project, Tenant } from '../domain/read-types.js';
import { ApiKeyStore } from '../persistence/api-key.store.js';
import { MemberStore } from '../persistence/member.store.js';
import { ProjectStore } from '../persistence/project.store.js';
import { TenantStore } from '../persistence/tenant.store.js';
import { TenantReach } from './tenant-reach.js';

/**
 * Newest first. `tenantId` null means the caller's own tenant.
 * All lists @throw IdentityError `tenant-not-found` for a tenant that the caller does not reach.
 */
@Injectable()
export class IdentityQueries {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reach: TenantReach,
    private readonly tenants: TenantStore,
    private readonly projects: ProjectStore,
    private readonly members: MemberStore,
    private readonly keys: ApiKeyStore,
  ) {}

  /** Every tenant, for a platform administrator; nobody else sees one. */
  listTenants(context: OperationContext, page: PageRequest): Promise<Page<Tenant>> {
    return this.transactions.run(context, (ctx) => this.tenants.listDirectory(ctx, page));
  }

  /** @throws IdentityError `tenant-not-found` */
  findTenant(context: OperationContext, tenantId: TenantId | null): Promise<Tenant> {
    return this.reach.find(context, tenantId);
  }

  listProjects(context: OperationContext, tenantId: TenantId | null, page: PageRequest): Promise<Page<Project>> {
    return this.inTenant(context, tenantId, (ctx) => this.projects.list(ctx, page));
  }

  /** Of the caller's own tenant. */
  findProjectByCode(context: OperationContext, code: string): Promise<Project | null> {
    return this.transactions.run(context, (ctx) => this.projects.findByCode(ctx, code));
  }

  /** Of the caller's own tenant. */
  projectsByIds(context: OperationContext, ids: readonly ProjectId[]): Promise<Map<ProjectId, Project>> {
    return this.transactions.run(context, async (ctx) => {
      const found = await this.projects.findByIds(ctx, ids);
      return new Map(found.map((project) => [project.id, project]));
    });
  }

  listMembers(context: OperationContext, tenantId: TenantId | null, page: PageRequest): Promise<Page<Member>> {
    return this.inTenant(context, tenantId, (ctx) => this.members.list(ctx, page));
  }

  listApiKeys(context: OperationContext, tenantId: TenantId | null, page: PageRequest): Promise<Page<ApiKey>> {
    return this.inTenant(context, tenantId, (ctx) => this.keys.list(ctx, page));
  }

  /** Of the caller's own tenant. */
  findApiKey(context: OperationContext, id: ApiKeyId): Promise<ApiKey | null> {
    return this.transactions.run(context, (ctx) => this.keys.find(ctx, id));
  }

  private async inTenant<T>(
    context: OperationContext,
    tenantId: TenantId | null,
    read: (ctx: TxContext) => Promise<T>,
  ): Promise<T> {
    if (tenantId === null || tenantId === context.scope.tenantId) return this.transactions.run(context, read);
    const tenant = await this.reach.find(context, tenantId);
    return this.transactions.run(this.reach.contextFor(context, tenant.id), read);
  }
}
