import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ApiKeyId, CenterId, EpochSeconds, MemberId, TenantId } from '#libs/kernel';
import { fromEpochSeconds, toEpochSeconds } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, execute, manager, query } from '#libs/platform';
import type { Principal } from '../domain/principal.js';
import type { ApiKey, TenantKind } from '../domain/read-types.js';
import type { Role } from '../domain/roles.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { insertRow, pageById, tenantOf } from './tenant-rows.store.js';

interface FoundKeyRow {
  id: ApiKeyId;
  tenant_id: TenantId;
  tenant_code: string;
  tenant_kind: TenantKind;
  member_id: MemberId | null;
  name: string;
  roles: Role[];
  center_ids: CenterId[];
  expires_at: Date | null;
  revoked_at: Date | null;
}

export interface FoundKey {
  readonly principal: Principal;
  readonly expiresAt: EpochSeconds | null;
  readonly isRevoked: boolean;
}

@Injectable()
export class ApiKeyStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The one look-up before a tenant is known: a single statement through a function of the owner's, outside any
   * scope and so without a transaction of its own. One round trip a request.
   */
  async findByHash(keyHash: Buffer): Promise<FoundKey | null> {
    const [row] = await this.dataSource.query<FoundKeyRow[]>('SELECT * FROM yusuan_find_api_key($1)', [keyHash]);
    return row ? fromDbKey(row) : null;
  }

  insert(ctx: TxContext, key: ApiKey, keyHash: Buffer): Promise<void> {
    return insertRow(ctx, ApiKeyEntity, { ...key, keyHash });
  }

  find(ctx: TxContext, id: ApiKeyId): Promise<ApiKey | null> {
    return manager(ctx).findOneBy(ApiKeyEntity, { tenantId: tenantOf(ctx), id });
  }

  list(ctx: TxContext, page: PageRequest): Promise<Page<ApiKey>> {
    return pageById(ctx, ApiKeyEntity, { tenantId: tenantOf(ctx) }, page);
  }

  /** @returns 0 where it is revoked already, or not of this tenant */
  revoke(ctx: TxContext, id: ApiKeyId, at: EpochSeconds): Promise<number> {
    return execute(ctx, 'UPDATE api_key SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL', [
      tenantOf(ctx),
      id,
      fromEpochSeconds(at),
    ]);
  }

  /** Whose key it is; null unless the scope is a platform administrator's. */
  async findTenantOfKey(ctx: TxContext, id: ApiKeyId): Promise<TenantId | null> {
    const sql = 'SELECT tenant_id FROM api_key_directory WHERE id = $1';
    const [row] = await query<{ tenant_id: TenantId }>(ctx, sql, [id]);
    return row?.tenant_id ?? null;
  }

  /** Lets one transaction at a time ask whether there is an administrator's key, and make it. */
  async lockFirstAdminKey(ctx: TxContext): Promise<void> {
    await query(ctx, `SELECT pg_advisory_xact_lock(hashtext('yusuan.first-admin-key'))`);
  }

  /** Whether the tenant has an administrator's key that works now. */
  async hasAdminKey(ctx: TxContext, now: EpochSeconds): Promise<boolean> {
    const rows = await query(
      ctx,
      `SELECT 1 FROM api_key WHERE tenant_id = $1 AND 'platformAdmin' = ANY (roles)
         AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) LIMIT 1`,
      [tenantOf(ctx), fromEpochSeconds(now)],
    );
    return rows.length > 0;
  }
}

function fromDbKey(row: FoundKeyRow): FoundKey {
  return {
    principal: {
      keyId: row.id,
      tenantId: row.tenant_id,
      tenantCode: row.tenant_code,
      tenantKind: row.tenant_kind,
      memberId: row.member_id,
      name: row.name,
      // The role counts on the platform's own keys only; a customer's cannot have it, and would not get far with it.
      roles: row.tenant_kind === 'platform' ? row.roles : row.roles.filter((role) => role !== 'platformAdmin'),
      centerIds: row.center_ids,
    },
    expiresAt: row.expires_at === null ? null : toEpochSeconds(row.expires_at),
    isRevoked: row.revoked_at !== null,
  };
}
