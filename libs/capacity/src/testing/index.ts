import {
  type CenterId,
  type ClusterId,
  dec,
  type EpochSeconds,
  fromEpochSeconds,
  type Interval,
  Money,
  type OfferId,
  type PoolId,
  type WindowId,
} from '#libs/kernel';
import { type Clock, type Doorbells, EventStore, type IdSource, type TransactionRunner } from '#libs/platform';
import type { TestDatabase } from '#libs/testing';
import { CapacityQueries } from '../application/capacity-queries.service.js';
import { CreateOfferService } from '../application/create-offer.service.js';
import { ExtendWindowsService } from '../application/extend-windows.service.js';
import { ReserveCapacity } from '../application/reserve-capacity.service.js';
import { WithdrawOfferService } from '../application/withdraw-offer.service.js';
import type { CreateOfferInput } from '../domain/offer.js';
import { PostgresOfferStore } from '../persistence/postgres-offer.store.js';
import { PostgresReservationStore } from '../persistence/postgres-reservation.store.js';
import { PostgresSupplyStore } from '../persistence/postgres-supply.store.js';

type Admin = TestDatabase['admin'];

export interface CapacityParts {
  readonly transactions: TransactionRunner;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly doorbells: Doorbells;
}

/** The library's use cases on real stores, without Nest. */
export function capacityOn({ transactions, clock, ids, doorbells }: CapacityParts) {
  const events = new EventStore(clock, ids);
  const offers = new PostgresOfferStore();
  const supply = new PostgresSupplyStore();
  return {
    createOffer: new CreateOfferService(transactions, clock, ids, events, doorbells, offers, supply),
    withdrawOffer: new WithdrawOfferService(transactions, clock, events, doorbells, offers, supply),
    extendWindows: new ExtendWindowsService(transactions, clock, ids, events, doorbells, offers, supply),
    reserveCapacity: new ReserveCapacity(clock, supply, new PostgresReservationStore()),
    queries: new CapacityQueries(transactions, clock, offers, supply),
  };
}

export interface TestPool {
  readonly centerId: CenterId;
  readonly centerCode: string;
  readonly clusterId: ClusterId;
  readonly poolId: PoolId;
}

/** A pool of eight-device nodes at a center of its own. `nodes: null` is a pool of which only the catalog knows. */
export async function insertPool(
  admin: Admin,
  ids: IdSource,
  pool: { readonly nodes: number | null },
): Promise<TestPool> {
  const made = { centerId: ids.next<CenterId>(), clusterId: ids.next<ClusterId>(), poolId: ids.next<PoolId>() };
  const centerCode = `center-${made.centerId}`;
  await admin.query(
    `INSERT INTO device_kind (code, name, kind, unit, created_at) VALUES ('test-gpu', 'Test GPU', 'accelerator', 'device', now())
     ON CONFLICT DO NOTHING`,
  );
  await admin.query(
    `INSERT INTO center (id, code, name, zone, provenance, created_at) VALUES ($1, $2, $2, 'Asia/Shanghai', 'operator', now())`,
    [made.centerId, centerCode],
  );
  await admin.query(
    `INSERT INTO cluster (id, center_id, code, name, created_at) VALUES ($1, $2, 'main', 'main', now())`,
    [made.clusterId, made.centerId],
  );
  await admin.query(
    `INSERT INTO pool (id, cluster_id, center_id, code, name, device_kind, devices_per_node, nodes, provenance, created_at)
     VALUES ($1, $2, $3, 'gpu', 'gpu', 'test-gpu', 8, $4, 'operator', now())`,
    [made.poolId, made.clusterId, made.centerId, pool.nodes],
  );
  return { ...made, centerCode };
}

export interface TestWindow {
  readonly offerId: OfferId;
  readonly windowId: WindowId;
}

/** An open window with an offer of its own, inserted past the use cases; both have their first event. */
export async function insertWindow(
  admin: Admin,
  ids: IdSource,
  window: Pick<TestPool, 'poolId' | 'centerId'> & { readonly nodes: number; readonly interval: Interval },
): Promise<TestWindow> {
  const made = { offerId: ids.next<OfferId>(), windowId: ids.next<WindowId>() };
  const [startsAt, endsAt] = [fromEpochSeconds(window.interval.startsAt), fromEpochSeconds(window.interval.endsAt)];
  await insertFirstEvent(admin, ids, { type: 'offer', id: made.offerId, centerId: window.centerId });
  await insertFirstEvent(admin, ids, { type: 'window', id: made.windowId, centerId: window.centerId });
  await admin.query(
    `INSERT INTO offer (id, pool_id, center_id, nodes, starts_at, ends_at, price_per_device_hour, currency, electricity, notice_seconds,
       reclaim_credit_percent, failure_credit_max_hours, min_segment_seconds, guarantee, state, event_seq, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, 3.5, 'CNY', 'included', 1800, 0, 4, 0, 'bestEffort', 'open', 1, now())`,
    [made.offerId, window.poolId, window.centerId, window.nodes, startsAt, endsAt],
  );
  await admin.query(
    `INSERT INTO offer_window (id, offer_id, pool_id, center_id, starts_at, ends_at, nodes, state, event_seq, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', 1, now())`,
    [made.windowId, made.offerId, window.poolId, window.centerId, startsAt, endsAt, window.nodes],
  );
  return made;
}

async function insertFirstEvent(
  admin: Admin,
  ids: IdSource,
  subject: { readonly type: 'offer' | 'window'; readonly id: string; readonly centerId: CenterId },
): Promise<void> {
  await admin.query(
    `INSERT INTO event (id, center_id, subject_type, subject_id, seq, type, to_state, actor_kind, actor_id, request_id, at)
     VALUES ($1, $2, $3, $4, 1, $5, 'open', 'system', 'test', 'test', now())`,
    [ids.next(), subject.centerId, subject.type, subject.id, `${subject.type}.created`],
  );
}

/** An offer that can be registered on the pool. */
export function offerInput(poolId: PoolId, interval: Interval, nodes = 1): CreateOfferInput {
  return {
    poolId,
    nodes,
    interval,
    recurrence: null,
    pricePerDeviceHour: Money.of('3.5000', 'CNY'),
    electricity: 'included',
    noticeSeconds: 1800,
    reclaimCreditPercent: dec(0),
    failureCreditMaxHours: dec(4),
    minSegmentSeconds: 0,
    guarantee: 'bestEffort',
    tenantsAllowed: [],
  };
}

/** `[from, to)` hours after `origin`. */
export function hoursFrom(origin: EpochSeconds, from: number, to: number): Interval {
  return { startsAt: origin + from * 3600, endsAt: origin + to * 3600 };
}
