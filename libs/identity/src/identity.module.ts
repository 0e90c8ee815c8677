import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AddMemberService } from './application/add-member.service.js';
import { AuthenticateKeyService } from './application/authenticate-key.service.js';
import { CreateApiKeyService } from './application/create-api-key.service.js';
import { CreateProjectService } from './application/create-project.service.js';
import { CreateTenantService } from './application/create-tenant.service.js';
import { EnsurePlatformService } from './application/ensure-platform.service.js';
import { FindPlatformService } from './application/find-platform.service.js';
import { IdentityQueries } from './application/identity-queries.service.js';
import { IssueApiKeyService } from './application/issue-api-key.service.js';
import { MakeAdminKeyService } from './application/make-admin-key.service.js';
import { RevokeApiKeyService } from './application/revoke-api-key.service.js';
import { SecretBytes, SystemSecretBytes } from './application/secret-bytes.js';
import { TenantReach } from './application/tenant-reach.js';
import { ApiKeyEntity } from './persistence/api-key.entity.js';
import { ApiKeyStore } from './persistence/api-key.store.js';
import { MemberEntity } from './persistence/member.entity.js';
import { MemberStore } from './persistence/member.store.js';
import { ProjectEntity } from './persistence/project.entity.js';
import { ProjectStore } from './persistence/project.store.js';
import { TenantDirectoryEntity, TenantEntity } from './persistence/tenant.entity.js';
import { TenantStore } from './persistence/tenant.store.js';

const ENTITIES = [TenantEntity, TenantDirectoryEntity, ProjectEntity, MemberEntity, ApiKeyEntity];
const STORES = [TenantStore, ProjectStore, MemberStore, ApiKeyStore];
const INNER = [TenantReach, IssueApiKeyService, FindPlatformService];
const USE_CASES = [
  AuthenticateKeyService,
  IdentityQueries,
  CreateTenantService,
  CreateProjectService,
  AddMemberService,
  CreateApiKeyService,
  RevokeApiKeyService,
  EnsurePlatformService,
  MakeAdminKeyService,
];

@Module({
  imports: [TypeOrmModule.forFeature(ENTITIES)],
  providers: [{ provide: SecretBytes, useClass: SystemSecretBytes }, ...STORES, ...INNER, ...USE_CASES],
  exports: USE_CASES,
})
export class IdentityModule {}
