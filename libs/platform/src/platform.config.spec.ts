import { describe, expect, it } from 'vitest';
import { ConfigurationError, PlatformConfig } from './platform.config.js';

describe('the configuration', () => {
  it('has a default for everything that the embedded broker needs', () => {
    const config = PlatformConfig.fromEnvironment({});
    expect(config).toMatchObject({
      port: 8080,
      opsPort: 8081,
      host: '127.0.0.1',
      dataDir: '.yusuan',
      billingZone: 'Asia/Shanghai',
    });
    expect(config.databaseUrl).toBeNull();
  });

  it('names every variable that is wrong, all at once', () => {
    const wrong = {
      PORT: '70000',
      YUSUAN_BILLING_ZONE: 'Mars/Olympus',
      REDIS_URL: 'http://x',
      YUSUAN_SECRET_KEY: 'short',
    };
    expect(() => PlatformConfig.fromEnvironment(wrong)).toThrow(ConfigurationError);
    expect(() => PlatformConfig.fromEnvironment(wrong)).toThrow(
      /PORT.*REDIS_URL.*YUSUAN_SECRET_KEY.*YUSUAN_BILLING_ZONE/s,
    );
  });

  it('wants the secret key where the database is not its own', () => {
    expect(() => PlatformConfig.fromEnvironment({ DATABASE_URL: 'postgres://h/d' })).toThrow(
      /YUSUAN_SECRET_KEY is required/,
    );
  });

  it('reads an empty variable as one that is not set', () => {
    expect(PlatformConfig.fromEnvironment({ REDIS_URL: '' }).redisUrl).toBeNull();
  });

  it('keeps what is not changed when some settings become known later', () => {
    const config = PlatformConfig.fromEnvironment({ PORT: '9000' }).with({ databaseUrl: 'postgres://h/d' });
    expect(config).toMatchObject({ port: 9000, databaseUrl: 'postgres://h/d' });
  });
});
