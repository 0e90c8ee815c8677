export { type Broker, ExecutionBed, secondsNow } from './execution-bed.js';
