import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import { armCrashPoint } from './crash-points.js';
import { EmbeddedPostgresError } from './embedded/embedded-postgres.js';
import { ConfigurationError, PlatformConfig } from './platform.config.js';

/** All steps of a stop together: whoever sent the signal may count on it. */
const STOP_DEADLINE_MS = 9_500;

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug'];
const LEVELS_SHOWN = { error: 2, warn: 3, info: 4, debug: 5 } as const;

/** JSON lines on standard error: standard output belongs to what a person asked for. */
class JsonLogger extends ConsoleLogger {
  protected override printAsJson(...[message, options]: Parameters<ConsoleLogger['printAsJson']>): void {
    super.printAsJson(message, { ...options, writeStreamType: 'stderr' });
  }
}

/** Raised for what the person at the shell can mend: its message is all that they need to read. */
export class StartError extends Error {}

export interface RunningProcess {
  /** Drains and closes; may be cut short by the deadline. */
  stop(): Promise<void>;
}

/**
 * A process from its environment to its signal: configuration, JSON logs, one clear sentence and exit code 1 where it
 * cannot start, and a stop within ten seconds on SIGTERM or SIGINT.
 */
export async function runProcess(start: (config: PlatformConfig) => Promise<RunningProcess>): Promise<void> {
  let running: Promise<RunningProcess> | null = null;
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    await (await running)?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop().catch(fail));
  try {
    const config = PlatformConfig.fromEnvironment();
    Logger.overrideLogger(new JsonLogger({ json: true, logLevels: LEVELS.slice(0, LEVELS_SHOWN[config.logLevel]) }));
    if (config.crash) armCrashPoint(config.crash.point, config.crash.witness);
    running = start(config);
    await running;
  } catch (error) {
    if (!isStopping) fail(error);
  }
}

function fail(error: unknown): never {
  const isForThePerson = [StartError, ConfigurationError, EmbeddedPostgresError].some((kind) => error instanceof kind);
  const text =
    error instanceof Error ? (isForThePerson ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`yusuan: ${text}\n`);
  process.exit(1);
}

/** @throws StartError that names the port where another program listens on it. */
export async function listening<T>(variable: 'PORT' | 'OPS_PORT', port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE')
      throw new StartError(`port ${port} is in use by another program: stop it, or set ${variable} to a free one`);
    if (code === 'EACCES')
      throw new StartError(`port ${port} may not be listened on by this user: set ${variable} to one above 1023`);
    throw error;
  }
}
