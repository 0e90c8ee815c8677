import { randomUUID } from 'node:crypto';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SeedCatalogService } from '#libs/catalog';
import { EnsurePlatformService, IdentityModule, MakeAdminKeyService } from '#libs/identity';
import { type OperationContext, type PlatformConfig, PlatformModule } from '#libs/platform';

const NOBODY = { tenantId: null, writeTenantIds: [], centerIds: [], platformAdmin: false } as const;

function shellContext(): OperationContext {
  return { actor: { kind: 'shell', id: 'server' }, requestId: randomUUID(), scope: NOBODY };
}

/**
 * What a new database needs before the first request: the catalog's published facts, the platform's own tenant, and an
 * administrator's key where there is none yet. Safe to run at every start, by several processes.
 * @returns the key, once; null where an administrator has one
 */
export async function setUpPlatform(app: INestApplicationContext): Promise<string | null> {
  const context = shellContext();
  await app.get(SeedCatalogService).execute(context);
  return (await app.get(EnsurePlatformService).execute(context)).key;
}

/** A new administrator's key, for who has the server's shell. */
export async function makeAdminKey(config: PlatformConfig): Promise<string> {
  @Module({ imports: [PlatformModule.forRoot({ role: 'app', config }), IdentityModule] })
  class AdminKeyModule {}
  const app = await NestFactory.createApplicationContext(AdminKeyModule, { abortOnError: false });
  try {
    return (await app.get(MakeAdminKeyService).execute(shellContext())).key;
  } finally {
    await app.close();
  }
}
