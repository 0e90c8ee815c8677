import 'reflect-metadata';
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import { Clock, Doorbells, EventStore, IdSource, TransactionRunner } from '#libs/platform';
import { countingIds, FixedClock, RecordingDoorbells } from '#libs/testing';
import {
  CancelJobService,
  JobQueries,
  JobsModule,
  SegmentReservations,
  SegmentRuns,
  SubmitJobService,
} from './index.js';

const clock = new FixedClock(new Date(0));
const platform = [
  { provide: Clock, useValue: clock },
  { provide: IdSource, useValue: countingIds(clock) },
  { provide: Doorbells, useValue: new RecordingDoorbells() },
  { provide: TransactionRunner, useValue: {} },
  EventStore,
];

@Global()
@Module({ providers: platform, exports: platform })
class PlatformDouble {}

@Module({ imports: [PlatformDouble, JobsModule] })
class Root {}

it('the jobs module wires every use case to its stores', async () => {
  const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
  for (const useCase of [SubmitJobService, CancelJobService, JobQueries, SegmentReservations, SegmentRuns])
    expect(app.get(useCase)).toBeInstanceOf(useCase);
  await app.close();
});
