import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { QueueBackend, QueueDoorbells } from './queues.js';

const until = async (isSo: () => boolean) => {
  const deadline = Date.now() + 20_000;
  while (!isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('doorbells', () => {
  let db: TestDatabase;
  const open: QueueBackend[] = [];
  const backend = (databaseUrl: string) => {
    const made = new QueueBackend({ redisUrl: null, databaseUrl });
    open.push(made);
    return made;
  };
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await db.close();
  });

  it('reach a handler of another process with their id', async () => {
    const heard: string[] = [];
    backend(db.urls.worker).serve('cancel-job', (id) => Promise.resolve(void heard.push(id)));
    new QueueDoorbells(backend(db.urls.app)).ring('cancel-job', 'job-1');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['job-1']);
  });

  it('coalesce while waiting, and are never swallowed while their handler runs', async () => {
    const bells = new QueueDoorbells(backend(db.urls.app));
    let begun = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    backend(db.urls.worker).serve('plan-round', async () => {
      begun += 1;
      if (begun === 1) await held;
    });
    bells.ring('plan-round', 'all');
    await until(() => begun === 1);
    for (let count = 0; count < 10; count++) bells.ring('plan-round', 'all');
    await new Promise((resolve) => setTimeout(resolve, 500));
    release();
    await until(() => begun === 2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(begun).toBe(2);
  });

  it('never throw and never wait, also where the server is away', async () => {
    const nowhere = new pg.Client({ connectionString: 'postgres://nobody@127.0.0.1:9/none' });
    await expect(nowhere.connect()).rejects.toThrow();
    const bells = new QueueDoorbells(backend('postgres://nobody@127.0.0.1:9/none'));
    const before = performance.now();
    expect(() => bells.ring('rate-usage', 'all')).not.toThrow();
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
