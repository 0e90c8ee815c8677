import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromEpochSeconds, type Interval, type SegmentId } from '#libs/kernel';
import { isConstraintViolation, query, systemContext } from '#libs/platform';
import { countingIds, FixedClock, RecordingDoorbells, testDatabase, type TestDatabase } from '#libs/testing';
import { capacityOn, hoursFrom, insertPool, insertWindow, type TestPool, type TestWindow } from '../testing/index.js';

const NOW = 1_800_000_000;
const clock = new FixedClock(fromEpochSeconds(NOW));
const ids = countingIds(clock);
const context = systemContext('test', 'test');

interface Wanted {
  readonly window: number;
  readonly from: number;
  readonly hours: number;
  readonly nodes: number;
}

interface Held {
  readonly window_id: string;
  readonly nodes: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
}

describe('reserving capacity', () => {
  let db: TestDatabase;
  let capacity: ReturnType<typeof capacityOn>;

  beforeAll(async () => {
    db = await testDatabase({ poolMax: 16 });
    // Segments are the affair of libs/jobs; reservations are tested here by themselves.
    await db.admin.query('ALTER TABLE reservation DROP CONSTRAINT reservation_of_segment');
    capacity = capacityOn({ transactions: db.worker, clock, ids, doorbells: new RecordingDoorbells() });
  });
  afterAll(() => db.close());

  interface Request {
    readonly pool: TestPool;
    readonly window: TestWindow;
    readonly nodes: number;
    readonly interval: Interval;
    readonly generation?: number;
    readonly segmentId?: SegmentId;
  }

  const reserve = (request: Request) =>
    db.worker.run(context, (ctx) =>
      capacity.reserveCapacity.reserve(ctx, {
        reservationId: ids.next(),
        segmentId: request.segmentId ?? ids.next(),
        windowId: request.window.windowId,
        poolId: request.pool.poolId,
        windowGeneration: request.generation ?? 1,
        nodes: request.nodes,
        interval: request.interval,
      }),
    );

  /** Past the use case: only the database stands between the row and an oversubscribed pool. */
  const insertRaw = (request: Request) =>
    db.worker
      .run(context, (ctx) =>
        query(
          ctx,
          `INSERT INTO reservation (id, segment_id, window_id, pool_id, nodes, starts_at, ends_at, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, now())`,
          [
            ...[ids.next(), ids.next(), request.window.windowId, request.pool.poolId, request.nodes],
            ...[fromEpochSeconds(request.interval.startsAt), fromEpochSeconds(request.interval.endsAt)],
          ],
        ),
      )
      .then(
        () => 'reserved',
        (error: unknown) => {
          if (isConstraintViolation(error)) return 'refused';
          throw error;
        },
      );

  const heldIn = async (pool: TestPool): Promise<Held[]> => {
    const { rows } = await db.admin.query<Held>(
      'SELECT * FROM reservation WHERE pool_id = $1 AND released_at IS NULL',
      [pool.poolId],
    );
    return rows;
  };

  /** The most nodes held at any instant, counted at each start, with no help of the code under test. */
  const peak = (held: readonly Held[]) =>
    Math.max(
      0,
      ...held.map((one) =>
        held
          .filter((other) => other.starts_at <= one.starts_at && one.starts_at < other.ends_at)
          .reduce((sum, other) => sum + other.nodes, 0),
      ),
    );

  const arrange = async (poolNodes: number, windowNodes: readonly number[]) => {
    const pool = await insertPool(db.admin, ids, { nodes: poolNodes });
    const windows: TestWindow[] = [];
    for (const nodes of windowNodes)
      windows.push(await insertWindow(db.admin, ids, { ...pool, nodes, interval: hoursFrom(NOW, 0, 12) }));
    return { pool, windows };
  };

  const wanted = fc.record<Wanted>({
    window: fc.nat({ max: 2 }),
    from: fc.integer({ min: 0, max: 11 }),
    hours: fc.integer({ min: 1, max: 6 }),
    nodes: fc.integer({ min: 1, max: 3 }),
  });
  const crowd = fc.record({
    poolNodes: fc.integer({ min: 2, max: 6 }),
    windowNodes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    wants: fc.array(wanted, { minLength: 8, maxLength: 24 }),
  });

  const requestOf = ({ pool, windows }: Awaited<ReturnType<typeof arrange>>, want: Wanted): Request => {
    const window = windows[want.window % windows.length];
    if (!window) throw new Error('no window');
    return {
      pool,
      window,
      nodes: want.nodes,
      interval: hoursFrom(NOW, want.from, Math.min(12, want.from + want.hours)),
    };
  };

  const expectNoOversubscription = async (
    { pool, windows }: Awaited<ReturnType<typeof arrange>>,
    { poolNodes, windowNodes }: { readonly poolNodes: number; readonly windowNodes: readonly number[] },
  ) => {
    const held = await heldIn(pool);
    expect(peak(held)).toBeLessThanOrEqual(poolNodes);
    windows.forEach((window, index) =>
      expect(peak(held.filter((one) => one.window_id === window.windowId))).toBeLessThanOrEqual(
        windowNodes[index] ?? 0,
      ),
    );
    return held;
  };

  it('never oversubscribes a window or a pool at any instant, and refuses only what does not fit', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, async (drawn) => {
        const arranged = await arrange(drawn.poolNodes, drawn.windowNodes);
        const requests = drawn.wants.map((want) => requestOf(arranged, want));
        const answers = await Promise.all(requests.map(reserve));
        const held = await expectNoOversubscription(arranged, drawn);
        expect(held.length).toBe(answers.filter((answer) => answer === 'reserved').length);
        // Nothing was given back, so what was refused must not fit now either.
        const refused = requests.filter((_request, index) => answers[index] !== 'reserved');
        for (const request of refused) expect(await insertRaw(request)).toBe('refused');
      }),
      { numRuns: 20 },
    );
  });

  it('holds in the database also against writers that ask nobody', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, async (drawn) => {
        const arranged = await arrange(drawn.poolNodes, drawn.windowNodes);
        await Promise.all(
          drawn.wants.map((want, index) => (index % 2 ? insertRaw : reserve)(requestOf(arranged, want))),
        );
        await expectNoOversubscription(arranged, drawn);
      }),
      { numRuns: 20 },
    );
  });

  it('stays within bounds while others release and shorten', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, async (drawn) => {
        const arranged = await arrange(drawn.poolNodes, drawn.windowNodes);
        const live = async (want: Wanted, index: number) => {
          const segmentId = ids.next<SegmentId>();
          const request = { ...requestOf(arranged, want), segmentId };
          if ((await reserve(request)) !== 'reserved') return;
          if (index % 3 === 0)
            await db.worker.run(context, (ctx) => capacity.reserveCapacity.release(ctx, segmentId, NOW));
          if (index % 3 === 1)
            await db.worker.run(context, (ctx) =>
              capacity.reserveCapacity.shorten(ctx, segmentId, request.interval.startsAt + 1800),
            );
        };
        await Promise.all(drawn.wants.map(live));
        await expectNoOversubscription(arranged, drawn);
      }),
      { numRuns: 15 },
    );
  });

  it('lets transactions over several pools pass each other without a deadlock', async () => {
    const [one, two] = [await arrange(50, [50]), await arrange(50, [50])];
    const both = (order: (typeof one)[]) =>
      db.worker.run(context, async (ctx) => {
        await capacity.reserveCapacity.lockPools(
          ctx,
          order.map(({ pool }) => pool.poolId),
        );
        for (const arranged of order) {
          const { pool, window, nodes, interval } = requestOf(arranged, { window: 0, from: 0, hours: 1, nodes: 1 });
          const input = { reservationId: ids.next<never>(), segmentId: ids.next<never>(), windowGeneration: 1 };
          await capacity.reserveCapacity.reserve(ctx, {
            ...input,
            poolId: pool.poolId,
            windowId: window.windowId,
            nodes,
            interval,
          });
        }
      });
    const deadlocksBefore = await deadlocks();
    await Promise.all(Array.from({ length: 20 }, (_, index) => both(index % 2 ? [one, two] : [two, one])));
    expect([(await heldIn(one.pool)).length, (await heldIn(two.pool)).length]).toEqual([20, 20]);
    expect(await deadlocks()).toBe(deadlocksBefore);
  });

  const deadlocks = async () => {
    const { rows } = await db.admin.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    return rows[0]?.deadlocks;
  };

  it('answers window-changed where the window is not what the plan saw', async () => {
    const arranged = await arrange(4, [4]);
    const request = requestOf(arranged, { window: 0, from: 0, hours: 2, nodes: 1 });
    expect(await reserve({ ...request, generation: 2 })).toBe('window-changed');
    expect(await reserve({ ...request, interval: hoursFrom(NOW, 11, 13) })).toBe('window-changed');
    expect(await reserve({ ...request, interval: hoursFrom(NOW, -1, 1) })).toBe('window-changed');
    const other = await arrange(4, [4]);
    expect(await reserve({ ...request, pool: other.pool })).toBe('window-changed');
    expect(await reserve(request)).toBe('reserved');
  });

  it('gives released nodes to the next, and releases once', async () => {
    const arranged = await arrange(1, [1]);
    const request = requestOf(arranged, { window: 0, from: 0, hours: 2, nodes: 1 });
    const segmentId = ids.next<SegmentId>();
    expect(await reserve({ ...request, segmentId })).toBe('reserved');
    expect(await reserve(request)).toBe('no-capacity');
    const release = () => db.worker.run(context, (ctx) => capacity.reserveCapacity.release(ctx, segmentId, NOW));
    expect((await Promise.all([release(), release(), release()])).filter(Boolean)).toHaveLength(1);
    expect(await reserve(request)).toBe('reserved');
  });

  it('shortens, and never lengthens or empties', async () => {
    const arranged = await arrange(1, [1]);
    const segmentId = ids.next<SegmentId>();
    const shorten = (hour: number) =>
      db.worker.run(context, (ctx) => capacity.reserveCapacity.shorten(ctx, segmentId, NOW + hour * 3600));
    await reserve({ ...requestOf(arranged, { window: 0, from: 2, hours: 4, nodes: 1 }), segmentId });
    expect([await shorten(7), await shorten(2), await shorten(4), await shorten(5)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(await reserve(requestOf(arranged, { window: 0, from: 4, hours: 2, nodes: 1 }))).toBe('reserved');
  });

  it('keeps the nodes of a segment past its end until it is proved ended and released', async () => {
    const arranged = await arrange(1, [1]);
    const segmentId = ids.next<SegmentId>();
    const next = requestOf(arranged, { window: 0, from: 4, hours: 1, nodes: 1 });
    await reserve({ ...requestOf(arranged, { window: 0, from: 0, hours: 1, nodes: 1 }), segmentId });
    try {
      clock.advance(3600 + 1200);
      expect(await reserve(next)).toBe('no-capacity');
      const { commitments } = await capacity.queries.supply(context, { now: NOW + 4800, horizonEndsAt: NOW + 36_000 });
      expect(commitments.find((one) => one.segmentId === segmentId)?.endsAt).toBeGreaterThan(NOW + 36_000);
      await db.worker.run(context, (ctx) => capacity.reserveCapacity.release(ctx, segmentId, NOW + 4800));
      expect(await reserve(next)).toBe('reserved');
    } finally {
      clock.set(fromEpochSeconds(NOW));
    }
  });

  it("is read by the API's role without saying whose the nodes are", async () => {
    const arranged = await arrange(2, [2]);
    await reserve(requestOf(arranged, { window: 0, from: 0, hours: 1, nodes: 1 }));
    const app = capacityOn({ transactions: db.app, clock, ids, doorbells: new RecordingDoorbells() });
    const span = { now: NOW, horizonEndsAt: NOW + 36_000 };
    const { lanes, commitments } = await app.queries.publicSupply(context, span);
    const lane = lanes.find((one) => one.poolId === arranged.pool.poolId);
    expect(lane?.windows.map((window) => window.id)).toEqual(arranged.windows.map((window) => window.windowId));
    expect(commitments.filter((one) => one.poolId === arranged.pool.poolId)).toEqual([
      { ...hoursFrom(NOW, 0, 1), windowId: arranged.windows[0]?.windowId, poolId: arranged.pool.poolId, nodes: 1 },
    ]);
    await expect(app.queries.supply(context, span)).rejects.toThrow(/permission denied/);
  });
});
