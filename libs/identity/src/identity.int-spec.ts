import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CenterId, MemberId, TenantId } from '#libs/kernel';
import { EventStore, type OperationContext, Uuid7Source, manager, systemContext } from '#libs/platform';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
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
import { SystemSecretBytes } from './application/secret-bytes.js';
import { TenantReach } from './application/tenant-reach.js';
import { type Principal, contextOf } from './domain/principal.js';
import type { Role } from './domain/roles.js';
import { ApiKeyEntity } from './persistence/api-key.entity.js';
import { ApiKeyStore } from './persistence/api-key.store.js';
import { MemberEntity } from './persistence/member.entity.js';
import { MemberStore } from './persistence/member.store.js';
import { ProjectEntity } from './persistence/project.entity.js';
import { ProjectStore } from './persistence/project.store.js';
import { TenantDirectoryEntity, TenantEntity } from './persistence/tenant.entity.js';
import { TenantStore } from './persistence/tenant.store.js';

const ENTITIES = [TenantEntity, TenantDirectoryEntity, ProjectEntity, MemberEntity, ApiKeyEntity];
const ALL = { limit: 200, cursor: null };
const CENTER = '01930000-0000-7000-8000-00000000cccc' as CenterId;
const NO_ONE = '01930000-0000-7000-8000-00000000dead';
const NOW = new Date('2026-11-23T12:00:00Z');
const start = systemContext('start', 'r-start');
const clock = new FixedClock(NOW);

function identityOn(db: TestDatabase) {
  const ids = new Uuid7Source(clock);
  const events = new EventStore(clock, ids);
  const [tenants, projects, members] = [new TenantStore(), new ProjectStore(), new MemberStore()];
  const keys = new ApiKeyStore(db.dataSources.app);
  const reach = new TenantReach(db.app, tenants);
  const createTenant = new CreateTenantService(db.app, tenants, events, clock, ids);
  const findPlatform = new FindPlatformService(db.app, tenants, createTenant);
  const issueKey = new IssueApiKeyService(keys, events, clock, ids, new SystemSecretBytes());
  return {
    keys,
    createTenant,
    authenticate: new AuthenticateKeyService(keys, clock),
    queries: new IdentityQueries(db.app, reach, tenants, projects, members, keys),
    createProject: new CreateProjectService(db.app, reach, projects, clock, ids),
    addMember: new AddMemberService(db.app, reach, members, clock, ids),
    createKey: new CreateApiKeyService(db.app, reach, members, issueKey, clock),
    revokeKey: new RevokeApiKeyService(db.app, keys, events, clock),
    ensurePlatform: new EnsurePlatformService(db.app, findPlatform, keys, issueKey, clock),
    makeAdminKey: new MakeAdminKeyService(db.app, findPlatform, issueKey),
  };
}

/** A caller as the API makes one: the key authenticated, its context. */
interface Caller {
  readonly principal: Principal;
  readonly context: OperationContext;
}

describe('identity', () => {
  let db: TestDatabase;
  let identity: ReturnType<typeof identityOn>;
  let admin: Caller;
  let acme: Caller;
  let rival: Caller;

  const callerOf = async (key: string): Promise<Caller> => {
    const principal = await identity.authenticate.execute(key);
    if (!principal) throw new Error('the key does not work');
    return { principal, context: contextOf(principal, 'r-test') };
  };
  const keyFor = async (
    giver: Caller,
    roles: readonly Role[],
    more: Partial<Parameters<CreateApiKeyService['execute']>[2]> = {},
  ) => identity.createKey.execute(giver.context, giver.principal, { name: 'a key', roles, ...more });
  const tenantWithOwner = async (code: string): Promise<Caller> => {
    const tenant = await identity.createTenant.execute(admin.context, { code, name: code });
    return callerOf((await keyFor(admin, ['owner'], { tenantId: tenant.id })).key);
  };
  const countAll = async () =>
    (
      await db.admin.query<{ n: number }>(
        'SELECT (SELECT count(*) FROM tenant) + (SELECT count(*) FROM project) + (SELECT count(*) FROM member) + (SELECT count(*) FROM api_key) + (SELECT count(*) FROM event) AS n',
      )
    ).rows[0]?.n;

  beforeAll(async () => {
    db = await testDatabase({ entities: ENTITIES });
    identity = identityOn(db);
    const platform = await identity.ensurePlatform.execute(start);
    admin = await callerOf(platform.key ?? '');
    acme = await tenantWithOwner('acme');
    rival = await tenantWithOwner('rival');
  });
  beforeEach(() => clock.set(NOW));
  afterAll(() => db.close());

  describe('at the first start', () => {
    it("makes the platform's tenant and one administrator's key, also where two processes start at once", async () => {
      const empty = await testDatabase({ entities: ENTITIES });
      try {
        const both = await Promise.all([
          identityOn(empty).ensurePlatform.execute(start),
          identityOn(empty).ensurePlatform.execute(start),
        ]);
        expect(both.filter((one) => one.key !== null)).toHaveLength(1);
        expect(both[0].tenant).toEqual(both[1].tenant);
        expect(await identityOn(empty).ensurePlatform.execute(start)).toEqual({ tenant: both[0].tenant, key: null });
        const { rows } = await empty.admin.query(
          'SELECT (SELECT count(*)::int FROM tenant) AS tenants, (SELECT count(*)::int FROM api_key) AS keys',
        );
        expect(rows).toEqual([{ tenants: 1, keys: 1 }]);
      } finally {
        await empty.close();
      }
    });

    it('makes another where no administrator has a key that works, and one more whenever the shell asks', async () => {
      const empty = await testDatabase({ entities: ENTITIES });
      try {
        const there = identityOn(empty);
        const first = (await there.ensurePlatform.execute(start)).key ?? '';
        const principal = await there.authenticate.execute(first);
        if (!principal) throw new Error('the first key does not work');
        await there.revokeKey.execute(contextOf(principal, 'r'), principal.keyId);
        const second = (await there.ensurePlatform.execute(start)).key;
        expect(second).not.toBeNull();
        const shell = { ...start, actor: { kind: 'shell', id: 'root' } } as const;
        const third = await there.makeAdminKey.execute(shell);
        expect(await there.authenticate.execute(third.key)).toMatchObject({
          roles: ['platformAdmin'],
          tenantKind: 'platform',
        });
        expect(await there.authenticate.execute(second ?? '')).not.toBeNull();
        const { rows } = await empty.admin.query(
          `SELECT actor_kind, actor_id, tenant_id FROM event WHERE subject_id = $1`,
          [third.apiKey.id],
        );
        expect(rows).toEqual([{ actor_kind: 'shell', actor_id: 'root', tenant_id: principal.tenantId }]);
      } finally {
        await empty.close();
      }
    });
  });

  describe('a key', () => {
    it('says who calls', async () => {
      const made = await keyFor(admin, ['centerOperator', 'submitter'], {
        tenantId: acme.principal.tenantId,
        centerIds: [CENTER],
        name: 'both',
      });
      expect(await identity.authenticate.execute(made.key)).toEqual({
        keyId: made.apiKey.id,
        tenantId: acme.principal.tenantId,
        tenantCode: 'acme',
        tenantKind: 'customer',
        memberId: null,
        name: 'both',
        roles: ['centerOperator', 'submitter'],
        centerIds: [CENTER],
      });
    });

    it('is never stored in clear, in no table and no event', async () => {
      const { key, apiKey } = await keyFor(acme, ['submitter']);
      const tables = await db.admin.query<{ name: string }>(
        `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq')`,
      );
      const secret = key.slice(3, 35);
      for (const { name } of tables.rows) {
        const { rows } = await db.admin.query(`SELECT 1 FROM ${name} AS t WHERE t::text LIKE '%' || $1 || '%'`, [
          secret,
        ]);
        expect(rows, name).toEqual([]);
      }
      expect(JSON.stringify(apiKey)).not.toContain(secret);
      const { rows } = await db.admin.query('SELECT key_hash, prefix FROM api_key WHERE id = $1', [apiKey.id]);
      expect(rows[0].key_hash).toHaveLength(32);
      expect(key.startsWith(rows[0].prefix)).toBe(true);
    });

    it('is refused from the second of its expiry on', async () => {
      const expiresAt = NOW.getTime() / 1000 + 60;
      const { key } = await keyFor(acme, ['submitter'], { expiresAt });
      clock.advance(59);
      expect(await identity.authenticate.execute(key)).not.toBeNull();
      clock.advance(1);
      expect(await identity.authenticate.execute(key)).toBeNull();
    });

    it('is refused at once when it was revoked; revoking again changes nothing and records nothing', async () => {
      const { key, apiKey } = await keyFor(acme, ['submitter']);
      const revoked = await identity.revokeKey.execute(acme.context, apiKey.id);
      expect(revoked.revokedAt).toBe(NOW.getTime() / 1000);
      expect(await identity.authenticate.execute(key)).toBeNull();
      clock.advance(10);
      expect(await identity.revokeKey.execute(acme.context, apiKey.id)).toEqual(revoked);
      const { rows } = await db.admin.query(
        'SELECT seq, type, from_state, to_state, actor_id, request_id FROM event WHERE subject_id = $1 ORDER BY seq',
        [apiKey.id],
      );
      const by = { actor_id: acme.principal.keyId, request_id: 'r-test' };
      expect(rows).toEqual([
        { seq: 1, type: 'apiKey.created', from_state: null, to_state: 'active', ...by },
        { seq: 2, type: 'apiKey.revoked', from_state: 'active', to_state: 'revoked', ...by },
      ]);
    });

    it('that cannot be one costs no query; a well-formed one that nobody has costs one and is refused', async () => {
      const asked = vi.spyOn(identity.keys, 'findByHash');
      const { key } = await keyFor(acme, ['submitter']);
      for (const text of ['', 'ys_', 'null', key.slice(0, -1), `${key} `, key.toUpperCase()])
        expect(await identity.authenticate.execute(text)).toBeNull();
      expect(asked).not.toHaveBeenCalled();
      const stranger = await identityOn(db).createKey.execute(acme.context, acme.principal, {
        name: 'gone',
        roles: ['auditor'],
      });
      await db.admin.query('DELETE FROM api_key WHERE id = $1', [stranger.apiKey.id]);
      expect(await identity.authenticate.execute(stranger.key)).toBeNull();
      expect(asked).toHaveBeenCalledTimes(1);
      asked.mockRestore();
    });

    it("with an administrator's role on a customer's tenant, however it came there, carries nothing of it", async () => {
      const { key, apiKey } = await keyFor(acme, ['submitter']);
      await db.admin.query(`UPDATE api_key SET roles = '{platformAdmin,submitter}' WHERE id = $1`, [apiKey.id]);
      const caller = await callerOf(key);
      expect(caller.principal.roles).toEqual(['submitter']);
      expect(caller.context.scope.platformAdmin).toBe(false);
    });
  });

  describe('a key grants no more than its giver may', () => {
    it.each<[string, () => Caller, readonly Role[]]>([
      ['an owner', () => acme, ['platformAdmin']],
      ['an owner', () => acme, ['submitter', 'platformAdmin']],
    ])('%s cannot give %j', async (_who, giver, roles) => {
      const before = await countAll();
      await expect(keyFor(giver(), roles)).rejects.toMatchObject({ code: 'role-not-grantable' });
      expect(await countAll()).toEqual(before);
    });

    it('an owner names no center', async () => {
      await expect(keyFor(acme, ['centerOperator'], { centerIds: [CENTER] })).rejects.toMatchObject({
        code: 'role-not-grantable',
      });
      await expect(keyFor(acme, ['submitter'], { centerIds: [CENTER] })).rejects.toMatchObject({
        faults: [{ path: '/centers' }],
      });
    });

    it('a submitter, finance reader, auditor or operator gives nothing', async () => {
      for (const role of ['submitter', 'finance', 'auditor'] as const) {
        const giver = await callerOf((await keyFor(acme, [role])).key);
        await expect(keyFor(giver, [role])).rejects.toMatchObject({ code: 'role-not-grantable' });
      }
      const operator = await callerOf((await keyFor(admin, ['centerOperator'], { centerIds: [CENTER] })).key);
      await expect(keyFor(operator, ['centerOperator'], { centerIds: [CENTER] })).rejects.toMatchObject({
        code: 'role-not-grantable',
      });
    });

    it('an administrator gives every role, but its own only on the platform', async () => {
      const tenantId = acme.principal.tenantId;
      await expect(keyFor(admin, ['platformAdmin'], { tenantId })).rejects.toMatchObject({
        code: 'role-not-grantable',
      });
      const colleague = await callerOf((await keyFor(admin, ['platformAdmin'])).key);
      expect(colleague.context.scope.platformAdmin).toBe(true);
    });

    it("a member's key holds no more than the member, and the member is of the tenant", async () => {
      const member = await identity.addMember.execute(acme.context, {
        name: 'Li',
        email: 'Li@Acme.example',
        roles: ['submitter', 'submitter'],
      });
      expect(member).toMatchObject({ email: 'li@acme.example', roles: ['submitter'] });
      expect((await keyFor(acme, ['submitter'], { memberId: member.id })).apiKey.memberId).toBe(member.id);
      await expect(keyFor(acme, ['owner'], { memberId: member.id })).rejects.toMatchObject({
        faults: [{ path: '/roles' }],
      });
      await expect(keyFor(rival, ['submitter'], { memberId: member.id })).rejects.toMatchObject({
        faults: [{ path: '/memberId' }],
      });
      await expect(keyFor(acme, ['submitter'], { memberId: NO_ONE as MemberId })).rejects.toMatchObject({
        faults: [{ path: '/memberId' }],
      });
    });
  });

  describe('another tenant', () => {
    it("sees nothing of a tenant's projects, members and keys", async () => {
      const project = await identity.createProject.execute(acme.context, { code: 'secret', name: 'Secret' });
      await identity.addMember.execute(acme.context, { name: 'Wang', roles: ['finance'] });
      const { apiKey } = await keyFor(acme, ['submitter']);
      const { queries } = identity;
      expect(await queries.findProjectByCode(acme.context, 'secret')).toEqual(project);
      expect(await queries.findProjectByCode(rival.context, 'secret')).toBeNull();
      expect(await queries.projectsByIds(rival.context, [project.id])).toEqual(new Map());
      expect(await queries.findApiKey(rival.context, apiKey.id)).toBeNull();
      for (const list of ['listProjects', 'listMembers', 'listApiKeys'] as const) {
        const mine = await queries[list](acme.context, null, ALL);
        expect(mine.items.length, list).toBeGreaterThan(0);
        const theirs = await queries[list](rival.context, null, ALL);
        expect(
          theirs.items.filter((item) => item.tenantId !== rival.principal.tenantId),
          list,
        ).toEqual([]);
        await expect(queries[list](rival.context, acme.principal.tenantId, ALL)).rejects.toMatchObject({
          code: 'tenant-not-found',
        });
      }
      expect((await queries.listTenants(rival.context, ALL)).items).toEqual([]);
      await expect(queries.findTenant(rival.context, acme.principal.tenantId)).rejects.toMatchObject({
        code: 'tenant-not-found',
      });
    });

    it('sees nothing even through queries that ask for everything: the database holds it back', async () => {
      for (const entity of [TenantEntity, ProjectEntity, MemberEntity, ApiKeyEntity]) {
        const seen = await db.app.run(rival.context, (ctx) =>
          manager(ctx).find<{ id: string; tenantId?: string }>(entity as never),
        );
        const tenants = new Set(seen.map((row) => row.tenantId ?? row.id));
        expect(
          [...tenants].filter((tenant) => tenant !== rival.principal.tenantId),
          entity.name,
        ).toEqual([]);
      }
      const directory = await db.app.run(rival.context, (ctx) => manager(ctx).find(TenantDirectoryEntity));
      expect(directory).toEqual([]);
      expect(
        await db.app.run(rival.context, (ctx) => identity.keys.findTenantOfKey(ctx, acme.principal.keyId)),
      ).toBeNull();
    });

    it('changes nothing of a tenant', async () => {
      const before = await countAll();
      const tenantId = acme.principal.tenantId;
      const unknown = { code: 'tenant-not-found' };
      await expect(
        identity.createProject.execute(rival.context, { code: 'x', name: 'X', tenantId }),
      ).rejects.toMatchObject(unknown);
      await expect(
        identity.addMember.execute(rival.context, { name: 'X', roles: ['owner'], tenantId }),
      ).rejects.toMatchObject(unknown);
      await expect(keyFor(rival, ['submitter'], { tenantId })).rejects.toMatchObject(unknown);
      await expect(identity.revokeKey.execute(rival.context, acme.principal.keyId)).rejects.toMatchObject({
        code: 'api-key-not-found',
      });
      await expect(identity.createTenant.execute(rival.context, { code: 'x', name: 'X' })).rejects.toMatchObject({
        code: 'role-not-grantable',
      });
      expect(await countAll()).toEqual(before);
    });
  });

  describe('a platform administrator', () => {
    it('makes tenants, lists them page by page, and refuses a code that is taken', async () => {
      await expect(identity.createTenant.execute(admin.context, { code: 'acme', name: 'Again' })).rejects.toMatchObject(
        { code: 'tenant-code-taken' },
      );
      await expect(identity.createTenant.execute(admin.context, { code: 'A!', name: ' ' })).rejects.toMatchObject({
        faults: [{ path: '/code' }, { path: '/name' }],
      });
      const first = await identity.queries.listTenants(admin.context, { limit: 2, cursor: null });
      const second = await identity.queries.listTenants(admin.context, { limit: 2, cursor: first.nextCursor });
      expect([...first.items, ...second.items].map((tenant) => tenant.code)).toEqual(['rival', 'acme', 'platform']);
      expect(second.nextCursor).toBeNull();
    });

    it('makes a tenant within a transaction that does more for it, all or nothing', async () => {
      const id = '01930000-0000-7000-8000-0000000000ff' as TenantId;
      const context = {
        ...admin.context,
        scope: { ...admin.context.scope, writeTenantIds: [admin.principal.tenantId, id] },
      };
      const before = await countAll();
      const failing = db.app.run(context, async (ctx) => {
        await identity.createTenant.execute(ctx, { id, code: 'undone', name: 'Undone' });
        throw new Error('no account');
      });
      await expect(failing).rejects.toThrow('no account');
      expect(await countAll()).toEqual(before);
    });

    it('keeps projects, members and keys of any tenant', async () => {
      const tenantId = rival.principal.tenantId;
      await identity.createProject.execute(admin.context, { code: 'p', name: 'P', tenantId });
      await identity.addMember.execute(admin.context, {
        name: 'Zhao',
        email: 'z@rival.example',
        roles: ['owner'],
        tenantId,
      });
      const { apiKey, key } = await keyFor(admin, ['finance'], { tenantId });
      expect((await identity.queries.listApiKeys(admin.context, tenantId, ALL)).items).toContainEqual(apiKey);
      expect((await identity.queries.listProjects(rival.context, null, ALL)).items.map((one) => one.code)).toEqual([
        'p',
      ]);
      expect((await identity.queries.listMembers(rival.context, null, ALL)).items.map((one) => one.name)).toEqual([
        'Zhao',
      ]);
      await identity.revokeKey.execute(admin.context, apiKey.id);
      expect(await identity.authenticate.execute(key)).toBeNull();
      const { rows } = await db.admin.query('SELECT DISTINCT tenant_id FROM event WHERE subject_id = $1', [apiKey.id]);
      expect(rows).toEqual([{ tenant_id: tenantId }]);
    });

    it('hears of a tenant or key that does not exist', async () => {
      const tenantId = NO_ONE as TenantId;
      await expect(keyFor(admin, ['owner'], { tenantId })).rejects.toMatchObject({ code: 'tenant-not-found' });
      await expect(identity.queries.listProjects(admin.context, tenantId, ALL)).rejects.toMatchObject({
        code: 'tenant-not-found',
      });
      await expect(identity.revokeKey.execute(admin.context, NO_ONE as never)).rejects.toMatchObject({
        code: 'api-key-not-found',
      });
    });
  });

  it('takes a project code once in a tenant, and an email address too; other tenants may have the same', async () => {
    await identity.createProject.execute(acme.context, { code: 'moe', name: 'MoE' });
    await expect(identity.createProject.execute(acme.context, { code: 'moe', name: 'MoE' })).rejects.toMatchObject({
      code: 'project-code-taken',
    });
    await identity.createProject.execute(rival.context, { code: 'moe', name: 'MoE' });
    await identity.addMember.execute(acme.context, { name: 'A', email: 'same@x.example', roles: ['auditor'] });
    await expect(
      identity.addMember.execute(acme.context, { name: 'B', email: 'SAME@x.example', roles: ['auditor'] }),
    ).rejects.toMatchObject({ code: 'member-email-taken' });
    await expect(
      identity.addMember.execute(acme.context, { name: 'C', roles: ['platformAdmin'] }),
    ).rejects.toMatchObject({ faults: [{ path: '/roles' }] });
  });
});
