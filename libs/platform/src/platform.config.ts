import { z } from 'zod';
import { CRASH_POINTS } from './crash-points.js';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL');

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const schema = z
  .object({
    PORT: port(8080),
    OPS_PORT: port(8081),
    HOST: z.string().default('127.0.0.1'),
    YUSUAN_DATA_DIR: z.string().min(1).default('.yusuan'),
    DATABASE_URL: postgresUrl.optional(),
    DATABASE_WORKER_URL: postgresUrl.optional(),
    DATABASE_OWNER_URL: postgresUrl.optional(),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\//, 'must be a redis:// URL')
      .optional(),
    YUSUAN_SECRET_KEY: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in hexadecimal')
      .optional(),
    YUSUAN_BILLING_ZONE: z.string().refine(isTimeZone, 'must be an IANA time zone').default('Asia/Shanghai'),
    YUSUAN_LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
    YUSUAN_CRASH_POINT: z.enum(CRASH_POINTS).optional(),
    YUSUAN_CRASH_WITNESS: z.string().optional(),
  })
  .refine((env) => env.DATABASE_URL === undefined || env.YUSUAN_SECRET_KEY !== undefined, {
    path: ['YUSUAN_SECRET_KEY'],
    message: 'is required where DATABASE_URL is set',
  });

/** The broker's settings, read once at start from the environment. */
export class PlatformConfig {
  private constructor(
    /** TCP port of the API and console. */
    readonly port: number,
    /** TCP port of health and metrics. */
    readonly opsPort: number,
    /** Address that both listen on. */
    readonly host: string,
    /** Folder of the embedded database, logs and local jobs. */
    readonly dataDir: string,
    /** As yusuan_app, yusuan_worker and yusuan_owner; null where the embedded database gives them. */
    readonly databaseUrl: string | null,
    readonly databaseWorkerUrl: string | null,
    readonly databaseOwnerUrl: string | null,
    /** BullMQ on Redis; null: on PostgreSQL. */
    readonly redisUrl: string | null,
    readonly secretKey: string | null,
    /** IANA zone of invoices, budgets and daily rollups. */
    readonly billingZone: string,
    readonly logLevel: 'error' | 'warn' | 'info' | 'debug',
    /** For the `kill -9` test only. */
    readonly crash: { readonly point: (typeof CRASH_POINTS)[number]; readonly witness: string } | null,
  ) {}

  /** @throws ConfigurationError naming every variable that is wrong and what would be right. */
  static fromEnvironment(environment: Readonly<Record<string, string | undefined>> = process.env): PlatformConfig {
    const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
    const parsed = schema.safeParse(given);
    if (!parsed.success) throw new ConfigurationError(parsed.error.issues);
    const env = parsed.data;
    return new PlatformConfig(
      env.PORT,
      env.OPS_PORT,
      env.HOST,
      env.YUSUAN_DATA_DIR,
      env.DATABASE_URL ?? null,
      env.DATABASE_WORKER_URL ?? null,
      env.DATABASE_OWNER_URL ?? null,
      env.REDIS_URL ?? null,
      env.YUSUAN_SECRET_KEY ?? null,
      env.YUSUAN_BILLING_ZONE,
      env.YUSUAN_LOG_LEVEL,
      env.YUSUAN_CRASH_POINT ? { point: env.YUSUAN_CRASH_POINT, witness: env.YUSUAN_CRASH_WITNESS ?? '' } : null,
    );
  }

  /** The same settings on the databases and key that the embedded PostgreSQL's start made known. */
  with(changes: Partial<PlatformConfig>): PlatformConfig {
    return Object.assign(Object.create(PlatformConfig.prototype) as PlatformConfig, this, changes);
  }
}

/** Raised at start where the environment is wrong; its message is for the person at the shell. */
export class ConfigurationError extends Error {
  constructor(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]) {
    super(issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '));
    this.name = 'ConfigurationError';
  }
}
