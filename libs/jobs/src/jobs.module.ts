import { Module } from '@nestjs/common';
import { CancelJobService } from './application/cancel-job.service.js';
import { JobQueries } from './application/job-queries.service.js';
import { JobReader } from './application/job-reader.store.js';
import { JobStore } from './application/job.store.js';
import { SegmentReservations } from './application/segment-reservations.service.js';
import { SegmentRuns } from './application/segment-runs.service.js';
import { SegmentStore } from './application/segment.store.js';
import { StateChanges } from './application/state-changes.service.js';
import { SubmitJobService } from './application/submit-job.service.js';
import { PostgresJobReader } from './persistence/postgres-job-reader.store.js';
import { PostgresJobStore } from './persistence/postgres-job.store.js';
import { PostgresSegmentStore } from './persistence/postgres-segment.store.js';

const USE_CASES = [SubmitJobService, CancelJobService, JobQueries, SegmentReservations, SegmentRuns];

@Module({
  providers: [
    ...USE_CASES,
    StateChanges,
    { provide: JobStore, useClass: PostgresJobStore },
    { provide: SegmentStore, useClass: PostgresSegmentStore },
    { provide: JobReader, useClass: PostgresJobReader },
  ],
  exports: USE_CASES,
})
export class JobsModule {}
