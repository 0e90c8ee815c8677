export {
  type CycleRow,
  type ForecastRow,
  type LaneShape,
  NOW,
  quoteRequest,
  SchedulingFixture,
  type SegmentRow,
  type TestLane,
} from './scheduling-fixture.js';
export { schedulingProcess, TIMING } from './scheduling-process.js';
