export * from './types.js';
export { type Reason, type ReasonCode } from './reason.js';
export { planJobs } from './plan-jobs.js';
export { feasiblePlacements, type FeasiblePlacement, type FeasiblePlacements } from './feasible-placements.js';
