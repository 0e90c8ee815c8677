import { Module } from '@nestjs/common';
import { AccountingModule } from '#libs/accounting';
import { CapacityModule } from '#libs/capacity';
import { CatalogModule } from '#libs/catalog';
import { ConnectorsModule } from '#libs/connectors';
import { JobsModule } from '#libs/jobs';
import { AttemptStore } from './application/attempt.store.js';
import { CheckpointStore } from './application/checkpoint.store.js';
import { ClaimSegment } from './application/claim-segment.js';
import { ClusterConnectors } from './application/cluster-connectors.js';
import { DispatchLease } from './application/dispatch-lease.js';
import { DispatchSegmentService } from './application/dispatch-segment.service.js';
import { FinishSegmentService } from './application/finish-segment.service.js';
import { FollowAttempt } from './application/follow-attempt.js';
import { KeepCheckpoints } from './application/keep-checkpoints.js';
import { KeepProgress } from './application/keep-progress.js';
import { LogQueries } from './application/log.queries.js';
import { ObserveClusterService } from './application/observe-cluster.service.js';
import { RecordRun } from './application/record-run.js';
import { ReservationRelease } from './application/reservation-release.js';
import { StageCheckpointService } from './application/stage-checkpoint.service.js';
import { StopJobService } from './application/stop-job.service.js';
import { SubmitAttemptService } from './application/submit-attempt.service.js';
import { PostgresAttemptStore } from './persistence/postgres-attempt.store.js';
import { PostgresCheckpointStore } from './persistence/postgres-checkpoint.store.js';

const USE_CASES = [DispatchSegmentService, ObserveClusterService, FinishSegmentService, StopJobService, LogQueries];
const PARTS = [
  ...[ClusterConnectors, ClaimSegment, DispatchLease, StageCheckpointService, SubmitAttemptService],
  ...[FollowAttempt, RecordRun, KeepCheckpoints, KeepProgress, ReservationRelease],
];

@Module({
  imports: [AccountingModule, CapacityModule, CatalogModule, ConnectorsModule, JobsModule],
  providers: [
    ...USE_CASES,
    ...PARTS,
    { provide: AttemptStore, useClass: PostgresAttemptStore },
    { provide: CheckpointStore, useClass: PostgresCheckpointStore },
  ],
  exports: USE_CASES,
})
export class ExecutionModule {}
