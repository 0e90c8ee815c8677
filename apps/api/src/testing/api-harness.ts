import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EnsurePlatformService } from '#libs/identity';
import { PlatformConfig, systemContext } from '#libs/platform';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { createApiApp } from '../create-api-app.js';
import { type Route, RouteTable } from '../routes/route-table.service.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // What comes off the wire is judged by the test.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
  readonly body: any;
}

export interface CallOptions {
  readonly key?: string | null;
  /** Sent as JSON, unless it is a string: that is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API on a port of its own, before a database of its own. */
export class ApiHarness {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly database: TestDatabase,
    readonly url: string,
    /** The first administrator's. */
    readonly adminKey: string,
  ) {}

  static async start(options: { readonly logger?: Parameters<typeof Logger.overrideLogger>[0] } = {}) {
    Logger.overrideLogger(options.logger ?? false);
    const database = await testDatabase();
    const config = PlatformConfig.fromEnvironment({
      DATABASE_URL: database.urls.app,
      YUSUAN_SECRET_KEY: '0'.repeat(64),
    });
    const app = await createApiApp(config);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const platform = await app.get(EnsurePlatformService, { strict: false }).execute(systemContext('test', 'test'));
    if (platform.key === null) throw new Error('a new database has no administrator yet');
    return new ApiHarness(app, database, await app.getUrl(), platform.key);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.close();
  }

  routes(): Route[] {
    return this.app.get(RouteTable).routes();
  }

  async call(method: string, path: string, { key = null, body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
  }

  get(path: string, key: string | null): Promise<Answer> {
    return this.call('GET', path, { key });
  }

  /** @throws unless the answer is 200 or 201 */
  async post(path: string, key: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const answer = await this.call('POST', path, { key, body, headers });
    if (answer.status !== 200 && answer.status !== 201)
      throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Rows of each table of the broker: what a refused request must leave as it was. */
  async rowCounts(): Promise<Record<string, number>> {
    const tables = await this.database.admin.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables.rows) {
      const [row] = (await this.database.admin.query<{ n: string }>(`SELECT count(*) AS n FROM "${name}"`)).rows;
      counts[name] = Number(row?.n);
    }
    return counts;
  }
}
