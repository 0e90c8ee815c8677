export * from './accounting.js';
export * from './capacity.js';
export * from './catalog.js';
export * from './identity.js';
export * from './jobs.js';
export * from './primitives.js';
