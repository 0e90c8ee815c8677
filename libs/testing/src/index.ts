export * from './doubles.js';
export * from './platform-double.js';
export * from './test-database.js';
export * from './run-sql.js';
