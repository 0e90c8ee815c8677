export * from './decimal.js';
export * from './money.js';
export * from './interval.js';
export * from './occupancy.js';
export * from './ids.js';
export * from './domain-error.js';
export * from './state-machine.js';
