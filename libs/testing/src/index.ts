export * from './doubles.js';
export * from './test-database.js';
