import { createServer } from 'node:net';
import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import { armCrashPoint } from './crash-points.js';
import { EmbeddedPostgresError } from './embedded/embedded-postgres.errors.js';
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
  /** Rejects where the process cannot go on: it then stops with that error's sentence and exit code 1. */
  readonly failed?: Promise<never>;
}

/**
 * Opens everything; where it throws, or `signal` aborts, it has closed what it had opened. Long steps heed the signal:
 * it aborts at SIGTERM or SIGINT.
 */
export type Start = (config: PlatformConfig, signal: AbortSignal) => Promise<RunningProcess>;

/**
 * A process from its environment to its signal: configuration, JSON logs, one clear sentence and exit code 1 where it
 * cannot start, and a stop within ten seconds on SIGTERM or SIGINT, also while it is starting.
 */
export async function runProcess(start: Start): Promise<void> {
  const asked = new AbortController();
  let running: Promise<RunningProcess | null> = Promise.resolve(null);
  const stop = async (exitCode: number): Promise<void> => {
    asked.abort();
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    // A start that was given up has closed itself.
    const opened = await running.catch(() => null);
    await opened?.stop();
    process.exit(exitCode);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (!asked.signal.aborted) stop(0).catch(fail);
    });
  try {
    const config = readEnvironment();
    running = start(config, asked.signal);
    await (
      await running
    )?.failed;
  } catch (error) {
    if (asked.signal.aborted) return;
    say(error);
    await stop(1).catch(fail);
  }
}

function readEnvironment(): PlatformConfig {
  const config = PlatformConfig.fromEnvironment();
  Logger.overrideLogger(new JsonLogger({ json: true, logLevels: LEVELS.slice(0, LEVELS_SHOWN[config.logLevel]) }));
  if (config.crash) armCrashPoint(config.crash.point, config.crash.witness);
  return config;
}

function say(error: unknown): void {
  const isForThePerson = [StartError, ConfigurationError, EmbeddedPostgresError].some((kind) => error instanceof kind);
  const text = !(error instanceof Error)
    ? String(error)
    : isForThePerson
      ? error.message
      : (error.stack ?? error.message);
  process.stderr.write(`yusuan: ${text}\n`);
}

function fail(error: unknown): never {
  say(error);
  process.exit(1);
}

/**
 * Looks whether the ports are free before anything is opened, so that a refused start leaves no trace.
 * @throws StartError that names the port where another program listens on it
 */
export async function refuseTakenPorts({ host, port, opsPort }: PlatformConfig): Promise<void> {
  if (port !== 0 && port === opsPort)
    throw new StartError(`PORT and OPS_PORT are both ${port}: set one to another port`);
  await listening('PORT', port, () => probe(host, port));
  await listening('OPS_PORT', opsPort, () => probe(host, opsPort));
}

async function probe(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done));
  await new Promise((done) => server.close(done));
}

/** @throws StartError that says what to set where `listen` cannot have its address. */
export async function listening<T>(variable: 'PORT' | 'OPS_PORT', port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const help = LISTEN_HELP[(error as NodeJS.ErrnoException).code ?? ''];
    throw help ? new StartError(help({ variable, port })) : error;
  }
}

const NOT_OURS = () => 'HOST is no address of this machine: set it to one, such as 127.0.0.1 or 0.0.0.0';

const LISTEN_HELP: Readonly<Record<string, (at: { variable: string; port: number }) => string>> = {
  EADDRINUSE: ({ variable, port }) =>
    `port ${port} is in use by another program: stop it, or set ${variable} to a free one`,
  EACCES: ({ variable, port }) => `port ${port} may not be listened on by this user: set ${variable} to one above 1023`,
  EADDRNOTAVAIL: NOT_OURS,
  ENOTFOUND: NOT_OURS,
  EAI_AGAIN: NOT_OURS,
};
