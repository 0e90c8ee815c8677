import { describe, expect, it } from 'vitest';
import type { PlannableJob, StandingSegment } from '#libs/jobs';
import { asId, type CenterId, dec, Money } from '#libs/kernel';
import { plannerJobOf, secondsToPlan, transferSecondsOf } from './planner-job.js';

const NOW = 1_800_000_000;
const HOUR = 3600;
const FACTS = { now: NOW, leadSeconds: 30, available: dec(100), committed: dec(0) };
const HERE = asId<CenterId>('01900000-0000-7000-8000-000000000001');
const THERE = asId<CenterId>('01900000-0000-7000-8000-000000000002');

const segment = (change: Partial<StandingSegment> = {}): StandingSegment => ({
  id: asId('01900000-0000-7000-8000-00000000000a'),
  state: 'RUNNING',
  centerId: HERE,
  poolId: asId('01900000-0000-7000-8000-00000000000b'),
  windowId: asId('01900000-0000-7000-8000-00000000000c'),
  nodes: 1,
  startsAt: NOW - HOUR,
  endsAt: NOW + HOUR,
  runStartedAt: NOW - HOUR,
  expectedUsefulSeconds: HOUR,
  ...change,
});

const job = (change: Partial<PlannableJob> = {}): PlannableJob => ({
  id: asId('01900000-0000-7000-8000-0000000000f1'),
  tenantId: asId('01900000-0000-7000-8000-0000000000f2'),
  projectId: asId('01900000-0000-7000-8000-0000000000f3'),
  state: 'PENDING',
  usefulSeconds: 0,
  remainingSeconds: 3 * HOUR,
  submittedAt: NOW - 60,
  quoteId: null,
  liveSegment: null,
  reservedSegment: null,
  lastCenterId: null,
  nodes: 2,
  devicesPerNode: 4,
  deviceKinds: ['a100-80g'],
  minDeviceMemoryGib: dec('39.5'),
  walltimeSeconds: 3 * HOUR,
  checkpoint: { intervalSeconds: null, sizeGib: 90, signal: 'USR1', minSegmentSeconds: 600 },
  centersAllowed: ['one'],
  centersDenied: ['two'],
  earliestStartAt: null,
  deadlineAt: NOW + 9 * HOUR,
  maxWaitSeconds: 900,
  maxCost: null,
  currency: 'CNY',
  objective: 'time',
  qos: 'normal',
  ...change,
});

describe('what the planner is given of a job', () => {
  it('is its demand, all of its work and its tenant’s money, where it has not begun', () => {
    expect(plannerJobOf(job(), FACTS)).toMatchObject({
      nodes: 2,
      devicesPerNode: 4,
      deviceKinds: ['a100-80g'],
      minDeviceMemoryGiB: 39.5,
      centersAllowed: ['one'],
      centersDenied: ['two'],
      deadline: NOW + 9 * HOUR,
      maxWaitSeconds: 900,
      remainingSeconds: 3 * HOUR,
      lastCenterId: null,
      readyAt: NOW,
      canReserve: true,
      maxCost: null,
      available: dec(100),
      objective: 'time',
    });
  });

  it('is the work behind no checkpoint, from where the checkpoint lies, where it waits again', () => {
    const again = plannerJobOf(job({ usefulSeconds: HOUR, lastCenterId: THERE }), FACTS);
    expect(again).toMatchObject({ remainingSeconds: 2 * HOUR, lastCenterId: THERE });
  });

  it('forgets where it ran where it saved nothing there', () => {
    expect(plannerJobOf(job({ lastCenterId: THERE }), FACTS)?.lastCenterId).toBeNull();
  });

  it('is the rest beside a live segment, from its end and its center on', () => {
    const beside = plannerJobOf(job({ liveSegment: segment(), lastCenterId: THERE }), FACTS);
    expect(beside).toMatchObject({
      remainingSeconds: 2 * HOUR,
      readyAt: NOW + HOUR,
      lastCenterId: HERE,
      canReserve: true,
    });
  });

  it('is the rest after a reserved segment, which may only be forecast', () => {
    const reserved = segment({
      state: 'RESERVED',
      centerId: THERE,
      endsAt: NOW + 2 * HOUR,
      expectedUsefulSeconds: 7200,
    });
    expect(plannerJobOf(job({ liveSegment: segment(), reservedSegment: reserved }), FACTS)).toMatchObject({
      remainingSeconds: HOUR,
      readyAt: NOW + 2 * HOUR,
      lastCenterId: THERE,
      canReserve: false,
    });
  });

  it('is nothing where standing segments do all the work, or it cannot be cut', () => {
    const whole = job({ liveSegment: segment({ expectedUsefulSeconds: 3 * HOUR }) });
    const uncuttable = job({ checkpoint: null, reservedSegment: segment({ state: 'RESERVED' }) });
    for (const one of [whole, uncuttable]) {
      expect(secondsToPlan(one)).toBe(0);
      expect(plannerJobOf(one, FACTS)).toBeNull();
    }
  });

  it('starts when its submitter wants, never in the past', () => {
    expect(plannerJobOf(job({ earliestStartAt: NOW + 60 }), FACTS)?.readyAt).toBe(NOW + 60);
    expect(plannerJobOf(job({ earliestStartAt: NOW - 60 }), FACTS)?.readyAt).toBe(NOW);
  });

  it('may cost what is not yet charged or held', () => {
    const facts = { ...FACTS, committed: dec('30.5') };
    expect(plannerJobOf(job({ maxCost: Money.of('50.00', 'CNY') }), facts)?.maxCost?.toFixed()).toBe('19.5');
  });

  it('counts what a cut costs: as long as the cluster asks ahead, or as the checkpoint takes to write', () => {
    const small = { intervalSeconds: null, sizeGib: 0.5, signal: 'USR1', minSegmentSeconds: 60 };
    expect(plannerJobOf(job({ checkpoint: small }), FACTS)?.checkpoint).toEqual({
      writeSeconds: 30,
      restartSeconds: 1,
      minSegmentSeconds: 60,
    });
    expect(plannerJobOf(job(), FACTS)?.checkpoint).toEqual({
      writeSeconds: 90,
      restartSeconds: 90,
      minSegmentSeconds: 600,
    });
    expect([0, 0.1, 90].map(transferSecondsOf)).toEqual([2, 2, 900]);
  });
});
