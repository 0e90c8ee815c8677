export * from './bells.js';
export * from './clock.js';
export * from './context.js';
export * from './crash-points.js';
export * from './events.js';
export * from './ids.js';
export * from './metrics.js';
export * from './pages.js';
export * from './migrate.js';
export * from './platform.config.js';
export * from './platform.module.js';
export * from './queues.js';
export {
  afterCommit,
  execute,
  isConstraintViolation,
  manager,
  query,
  TransactionRunner,
  TypeOrmTransactionRunner,
} from './transactions.js';
export { EmbeddedPostgres } from './embedded/embedded-postgres.js';
export { firstUnreachable } from './reachable.js';
export { jobUser, type UnixUser } from './unprivileged-user.js';
export { OpsServer } from './ops-server.js';
export { isDatabaseAway } from './database-away.js';
export { IdempotencyStore, type KeptAnswer, type OnceAnswer } from './idempotency.store.js';
export { listening, refuseTakenPorts, runProcess, type RunningProcess, StartError } from './run-process.js';
export { reasonOf, refuseUnreachable } from './named-database.js';
export { findViolations, type Violation } from './invariants.js';
