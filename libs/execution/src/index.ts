export { ExecutionModule } from './execution.module.js';
export { DispatchSegmentService } from './application/dispatch-segment.service.js';
export { LogQueries, type ReadLogInput, type SegmentLog } from './application/log.queries.js';
export { ObserveClusterService } from './application/observe-cluster.service.js';
export { StopJobService } from './application/stop-job.service.js';
