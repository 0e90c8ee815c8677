import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  asId,
  type CenterId,
  DAY_SECONDS,
  fromEpochSeconds,
  InvalidInputError,
  type OfferId,
  type TenantId,
} from '#libs/kernel';
import { type OperationContext, query, systemContext } from '#libs/platform';
import { countingIds, FixedClock, RecordingDoorbells, testDatabase, type TestDatabase } from '#libs/testing';
import { capacityOn, hoursFrom, insertPool, offerInput, type TestPool } from '../testing/index.js';

const NOW = 1_800_000_000;
const clock = new FixedClock(fromEpochSeconds(NOW));
const ids = countingIds(clock);
const FIRST = { limit: 200, cursor: null };

function caller(centerIds: readonly CenterId[], tenantId: TenantId | null = null): OperationContext {
  const scope = { tenantId, writeTenantIds: [], centerIds, platformAdmin: false };
  return { actor: { kind: 'apiKey', id: ids.next() }, requestId: 'request', scope };
}

describe('offers', () => {
  let db: TestDatabase;
  let pool: TestPool;
  let app: ReturnType<typeof capacityOn>;
  let worker: ReturnType<typeof capacityOn>;
  let operator: OperationContext;
  const doorbells = new RecordingDoorbells();

  beforeAll(async () => {
    db = await testDatabase();
    // Segments are the affair of libs/jobs; reservations are tested here by themselves.
    await db.admin.query('ALTER TABLE reservation DROP CONSTRAINT reservation_of_segment');
    app = capacityOn({ transactions: db.app, clock, ids, doorbells });
    worker = capacityOn({ transactions: db.worker, clock, ids, doorbells });
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    clock.set(fromEpochSeconds(NOW));
    doorbells.rung.length = 0;
    pool = await insertPool(db.admin, ids, { nodes: 4 });
    operator = caller([pool.centerId]);
  });

  const eventsOf = async (subjectId: string) => {
    const { rows } = await db.admin.query(
      'SELECT seq, type, from_state, to_state, actor_id, tenant_id, center_id FROM event WHERE subject_id = $1 ORDER BY seq',
      [subjectId],
    );
    return rows as Record<string, unknown>[];
  };

  const reserve = async (offerWindow: { id: string; poolId: string }, interval = hoursFrom(NOW, 1, 2)) =>
    db.worker.run(systemContext('test', 'test'), (ctx) =>
      worker.reserveCapacity.reserve(ctx, {
        reservationId: ids.next(),
        segmentId: ids.next(),
        windowId: asId(offerWindow.id),
        poolId: asId(offerWindow.poolId),
        windowGeneration: 1,
        nodes: 1,
        interval,
      }),
    );

  it('open their windows at once, each with its event, and ring for a plan', async () => {
    const { offer, windows } = await app.createOffer.execute(
      operator,
      offerInput(pool.poolId, hoursFrom(NOW, 0, 24 * 10), 3),
    );
    expect(windows.map((window) => [window.startsAt, window.endsAt, window.nodes])).toEqual([
      [NOW, NOW + 7 * DAY_SECONDS, 3],
      [NOW + 7 * DAY_SECONDS, NOW + 10 * DAY_SECONDS, 3],
    ]);
    expect(await app.queries.findOffer(operator, offer.id)).toEqual(offer);
    const created = {
      seq: 1,
      from_state: null,
      to_state: 'open',
      actor_id: operator.actor.id,
      tenant_id: null,
      center_id: pool.centerId,
    };
    expect(await eventsOf(offer.id)).toEqual([{ ...created, type: 'offer.created' }]);
    for (const window of windows) expect(await eventsOf(window.id)).toEqual([{ ...created, type: 'window.opened' }]);
    expect(doorbells.rung).toEqual([{ bell: 'plan-round', id: 'all' }]);
  });

  it('keep every digit of their terms', async () => {
    const input = {
      ...offerInput(pool.poolId, hoursFrom(NOW, 1, 2)),
      minSegmentSeconds: 3600,
      guarantee: 'preemptible' as const,
    };
    const { offer } = await app.createOffer.execute(operator, {
      ...input,
      tenantsAllowed: [asId<TenantId>(ids.next())],
    });
    const terms = (await worker.queries.offerTerms(systemContext('test', 'test'), [offer.id])).get(offer.id);
    expect(terms?.pricePerDeviceHour.toJson()).toEqual({ amount: '3.50', currency: 'CNY' });
    expect(terms).toMatchObject({
      minSegmentSeconds: 3600,
      noticeSeconds: 1800,
      guarantee: 'preemptible',
      centerId: pool.centerId,
    });
    expect(terms?.tenantsAllowed).toEqual(offer.tenantsAllowed);
  });

  it('of another center are refused, and nothing is kept', async () => {
    const input = offerInput(pool.poolId, hoursFrom(NOW, 1, 2));
    const stranger = caller([asId<CenterId>(ids.next())]);
    await expect(app.createOffer.execute(stranger, input)).rejects.toMatchObject({ code: 'not-your-center' });
    expect((await app.queries.listOffers(operator, FIRST)).items).toEqual([]);
  });

  it('of nodes that the pool does not have, or is not known to have, are refused at the field', async () => {
    const tooMany = offerInput(pool.poolId, hoursFrom(NOW, 1, 2), 5);
    await expect(app.createOffer.execute(operator, tooMany)).rejects.toBeInstanceOf(InvalidInputError);
    const dark = await insertPool(db.admin, ids, { nodes: null });
    const unknown = app.createOffer.execute(caller([dark.centerId]), offerInput(dark.poolId, hoursFrom(NOW, 1, 2)));
    await expect(unknown).rejects.toMatchObject({ faults: [{ path: '/poolId' }] });
    const nowhere = app.createOffer.execute(operator, offerInput(ids.next(), hoursFrom(NOW, 1, 2)));
    await expect(nowhere).rejects.toMatchObject({ faults: [{ path: '/poolId' }] });
  });

  it('are listed to the operators of their center only, newest first, page by page', async () => {
    const made: OfferId[] = [];
    for (let hour = 1; hour <= 3; hour++)
      made.unshift(
        (await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, hour, hour + 1)))).offer.id,
      );
    const first = await app.queries.listOffers(operator, { limit: 2, cursor: null });
    const rest = await app.queries.listOffers(operator, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items].map((offer) => offer.id)).toEqual(made);
    expect(rest.nextCursor).toBeNull();
    const stranger = caller([], asId<TenantId>(ids.next()));
    expect((await app.queries.listOffers(stranger, FIRST)).items).toEqual([]);
    expect((await app.queries.listOffers(stranger, { ...FIRST, centerId: pool.centerId })).items).toEqual([]);
    expect(await app.queries.findOffer(stranger, made[0] ?? asId(ids.next()))).toBeNull();
  });

  it('open the rest of their windows as time goes on, once, however many look at once', async () => {
    const { offer } = await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, 0, 24 * 60)));
    const context = systemContext('test', 'test');
    expect(await worker.extendWindows.execute(context)).toBe(0);
    clock.advance(10 * DAY_SECONDS);
    const opened = await Promise.all([1, 2, 3, 4].map(() => worker.extendWindows.execute(context)));
    expect(opened.reduce((sum, count) => sum + count, 0)).toBe(1);
    const { rows } = await db.admin.query('SELECT count(*)::int AS windows FROM offer_window WHERE offer_id = $1', [
      offer.id,
    ]);
    expect(rows).toEqual([{ windows: 6 }]);
  });

  it('are withdrawn with their open windows, whose generation rises, once', async () => {
    const { offer, windows } = await app.createOffer.execute(
      operator,
      offerInput(pool.poolId, hoursFrom(NOW, 0, 24 * 10)),
    );
    const answers = await Promise.all([1, 2, 3].map(() => app.withdrawOffer.execute(operator, offer.id)));
    expect(answers.map((answer) => [answer.state, answer.version])).toEqual(answers.map(() => ['withdrawn', 2]));
    for (const subject of [offer, ...windows]) {
      const events = await eventsOf(subject.id);
      expect(events.map((event) => [event['seq'], event['from_state'], event['to_state']])).toEqual([
        [1, null, 'open'],
        [2, 'open', 'withdrawn'],
      ]);
    }
    const supply = await worker.queries.supply(systemContext('test', 'test'), {
      now: NOW,
      horizonEndsAt: NOW + 30 * DAY_SECONDS,
    });
    expect(supply.lanes.map((lane) => lane.offerId)).not.toContain(offer.id);
    expect(await reserve({ id: windows[0]?.id ?? '', poolId: pool.poolId })).toBe('window-changed');
  });

  it('are not withdrawn while anything is reserved in them, and not by strangers', async () => {
    const { offer, windows } = await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, 0, 5)));
    const stranger = app.withdrawOffer.execute(caller([]), offer.id);
    await expect(stranger).rejects.toMatchObject({ code: 'offer-not-found' });
    expect(await reserve({ id: windows[0]?.id ?? '', poolId: pool.poolId })).toBe('reserved');
    await expect(app.withdrawOffer.execute(operator, offer.id)).rejects.toMatchObject({
      code: 'offer-in-use',
      details: { reservations: 1 },
    });
    expect((await app.queries.findOffer(operator, offer.id))?.state).toBe('open');
  });

  it('withdrawn and reserved at the same moment: one of the two happens', async () => {
    for (let round = 0; round < 10; round++) {
      const { offer, windows } = await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, 0, 5)));
      const window = { id: windows[0]?.id ?? '', poolId: pool.poolId };
      const [withdrawn, reserved] = await Promise.all([
        app.withdrawOffer.execute(operator, offer.id).then(
          () => true,
          () => false,
        ),
        reserve(window, hoursFrom(NOW, 0, 1)),
      ]);
      expect(withdrawn).toBe(reserved !== 'reserved');
      await db.admin.query('UPDATE reservation SET released_at = now() WHERE released_at IS NULL');
    }
  });

  it('show their windows with free nodes over time, also where another offer shares the pool', async () => {
    const { windows } = await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, 0, 4), 3));
    const other = await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, 0, 4), 4));
    expect(await reserve(windows[0] ?? { id: '', poolId: '' }, hoursFrom(NOW, 1, 2))).toBe('reserved');
    const tenant = caller([], asId<TenantId>(ids.next()));
    const shown = await app.queries.listWindows(tenant, {
      interval: hoursFrom(NOW, 0, 3),
      centerCode: pool.centerCode,
      ...FIRST,
    });
    expect(shown.items.map((window) => [window.offerId, window.freeSteps.map((step) => step.nodes)])).toEqual([
      [other.offer.id, [4, 3, 4]],
      [windows[0]?.offerId, [3, 2, 3]],
    ]);
    expect(shown.items[0]?.freeSteps.at(-1)?.endsAt).toBe(NOW + 3 * 3600);
    expect(shown.items[0]).toMatchObject({ deviceKind: 'test-gpu', devicesPerNode: 8, poolCode: 'gpu', poolNodes: 4 });
  });

  it('for named tenants show their windows to those and to the operator, to nobody else', async () => {
    const [friend, stranger] = [asId<TenantId>(ids.next()), asId<TenantId>(ids.next())];
    await app.createOffer.execute(operator, {
      ...offerInput(pool.poolId, hoursFrom(NOW, 0, 4)),
      tenantsAllowed: [friend],
    });
    const filter = { interval: hoursFrom(NOW, 0, 4), poolId: pool.poolId, ...FIRST };
    const countFor = async (context: OperationContext) => (await app.queries.listWindows(context, filter)).items.length;
    expect([
      await countFor(caller([], friend)),
      await countFor(operator),
      await countFor(caller([], stranger)),
    ]).toEqual([1, 1, 0]);
  });

  it('give their events to operators of the center and to nobody else', async () => {
    await app.createOffer.execute(operator, offerInput(pool.poolId, hoursFrom(NOW, 0, 4)));
    const seenBy = (context: OperationContext) =>
      db.app.run(context, async (ctx) => {
        const both = `SELECT (SELECT count(*) FROM center_event)::int AS center, (SELECT count(*) FROM event)::int AS plain`;
        return query<{ center: number; plain: number }>(ctx, both);
      });
    expect(await seenBy(operator)).toEqual([{ center: 2, plain: 0 }]);
    expect(await seenBy(caller([], asId<TenantId>(ids.next())))).toEqual([{ center: 0, plain: 0 }]);
  });
});
