import type { Readable } from 'node:stream';
import type { EpochSeconds, JobId, SegmentId } from '#libs/kernel';

/** By its name without `SIG`. */
export type SignalName = 'USR1' | 'USR2' | 'TERM' | 'INT' | 'HUP' | 'CONT';

/** What execution wants run, once. */
export interface AttemptSpec {
  /** Unique among all attempts of all clusters: letters, digits, `-`, `_`; 3 to 64 of them. A Slurm job's name later. */
  readonly token: string;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly fence: number;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: number;
  readonly devicesPerNode: number;
  /** Not started before. */
  readonly beginAt: EpochSeconds;
  /** No process of the attempt lives at this instant or after it. */
  readonly endBy: EpochSeconds;
  /** Counted from the real start; the attempt ends at the earlier of both. */
  readonly timeLimitSeconds: number;
  /** The signal that the job gets `leadSeconds` before its end; null where it cannot checkpoint. */
  readonly checkpoint: { readonly signal: SignalName; readonly leadSeconds: number } | null;
  /** From TERM to KILL. */
  readonly graceSeconds: number;
}

/**
 * - `exited`: the script ended by itself; 85 says "checkpointed, not finished"
 * - `timeLimit`: it was told to end, or killed, because its segment's end had come
 * - `cancelled`: it was told to end, or killed, because somebody asked (whatever its exit code)
 * - `duplicate`: this copy found the fence taken and ran nothing
 * - `vanished`: it is gone, or never started, and left no exit code
 */
export type AttemptOutcome = 'exited' | 'timeLimit' | 'cancelled' | 'duplicate' | 'vanished';

export interface ObservedAttempt {
  readonly token: string;
  /** The cluster's own id. */
  readonly externalId: string;
  readonly state: 'queued' | 'running' | 'ended';
  /** By the cluster's clock; null where the script has not begun. */
  readonly startedAt: EpochSeconds | null;
  /** By the cluster's clock; of a `vanished` one the last second in which it was seen alive. */
  readonly endedAt: EpochSeconds | null;
  /** As the shell says it: 128 + n where signal n ended the script. */
  readonly exitCode: number | null;
  /** `KILL` with exit code 137, and so on. */
  readonly exitSignal: string | null;
  readonly outcome: AttemptOutcome | null;
  readonly nodeNames: readonly string[];
  /** What proves the end: the wrapper's exit file, the scheduler's accounting, or that its machine has no process of it. */
  readonly proof: 'exitFile' | 'accounting' | 'processGone' | null;
}

/** Names one content for ever: the manifest holds the SHA-256 of each file. */
export interface CheckpointRef {
  /** `ckpt-000001` and up, rising within a job. */
  readonly name: string;
  readonly manifestSha256: string;
}

export interface SealedCheckpoint extends CheckpointRef {
  /** The attempt that wrote it, also after a copy to another cluster. */
  readonly token: string;
  readonly bytes: number;
  readonly sealedAt: EpochSeconds;
}

export interface ConnectorTiming {
  /** How long before a window's end a segment must end, so that nothing is left in it. */
  readonly marginSeconds: number;
  /** How long before its end a job gets its signal where it says nothing itself. */
  readonly leadSeconds: number;
  readonly graceSeconds: number;
  readonly pollSeconds: number;
  /** Queued for longer than this, an attempt is not going to start. */
  readonly startTimeoutSeconds: number;
}

export interface LogChunk {
  readonly text: string;
  /** In bytes from the log's very beginning. Later than asked for where rotation took the older part. */
  readonly offset: number;
  readonly nextOffset: number;
  /** The attempt has ended and this was its last text. */
  readonly eof: boolean;
}

export interface ProgressLine {
  readonly step: number;
  readonly of: number | null;
  readonly loss: number | null;
}

export interface Submission {
  readonly externalId: string;
  readonly submittedAt: EpochSeconds;
}

/**
 * One cluster's scheduler, whatever it is. Every method may throw ConnectorUnreachableError: then nothing is known.
 * All of them pass the suite behind `#libs/connectors/testing`.
 */
export abstract class Connector {
  abstract readonly kind: string;

  abstract timing(): ConnectorTiming;

  /**
   * Idempotent by token: one that the cluster knows is adopted, and runs at most once however often it is submitted.
   * @throws ConnectorRejectedError where it provably does not and will not run
   */
  abstract submit(spec: AttemptSpec): Promise<Submission>;

  /** Null only where the token is provably absent. */
  abstract find(token: string): Promise<ObservedAttempt | null>;

  /** The attempts of a poll at once; absent ones are left out. */
  abstract list(tokens: readonly string[]): Promise<ObservedAttempt[]>;

  /** Hands a signal to those processes of the job that catch it. Nothing happens where it does not run. */
  abstract signal(externalId: string, signal: SignalName): Promise<void>;

  /** TERM, then KILL after the attempt's grace; one that has not begun never will. Does not wait for the end. Idempotent. */
  abstract cancel(externalId: string): Promise<void>;

  /** Standard output and error as written, in UTF-8. `limit` is in bytes; a character is never cut. */
  abstract readLog(token: string, range: { readonly offset: number; readonly limit: number }): Promise<LogChunk>;

  /** Whole lines from byte `offset` on; those that are not progress are passed over. */
  abstract readProgress(
    token: string,
    offset: number,
  ): Promise<{ readonly lines: readonly ProgressLine[]; readonly nextOffset: number }>;

  /** The sealed ones, newest first, their files not yet hashed again. Seals first what a killed wrapper left complete. */
  abstract checkpoints(jobId: JobId): Promise<SealedCheckpoint[]>;

  /** Hashes every file again. False where it is not there, too. */
  abstract verifyCheckpoint(jobId: JobId, checkpoint: CheckpointRef): Promise<boolean>;

  /** A tar of it; the stream fails where it could not be read whole. */
  abstract exportCheckpoint(jobId: JobId, name: string): Promise<Readable>;

  /**
   * Copies it from another cluster: written aside, verified, renamed. Idempotent.
   * @throws ConnectorRejectedError where what came is not what the reference names
   */
  abstract importCheckpoint(jobId: JobId, checkpoint: CheckpointRef, from: Connector): Promise<void>;

  /**
   * Makes the next attempt begin at this checkpoint (newer ones are another past, and go), or from nothing where null.
   * Only between attempts.
   */
  abstract prepareResume(jobId: JobId, name: string | null): Promise<void>;

  /** Lets go of what this process holds; attempts run on. */
  abstract close(): Promise<void>;
}
