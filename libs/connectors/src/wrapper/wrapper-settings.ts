import { readFileSync } from 'node:fs';
import type { AttemptSpec } from '../connector.js';

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');

/** The bash that every connector runs on the node; see the head of each file. */
export const WRAPPER_SCRIPT = read('wrapper.sh');
export const CHECKPOINTS_SCRIPT = read('checkpoints.sh');

/** What the wrapper must know beside the spec. */
export interface WrapperPlace {
  /** The job's checkpoints on this cluster, absolute. */
  readonly checkpointFolder: string;
  /** The job's PATH. */
  readonly path: string;
  readonly logPieceBytes: number;
  readonly logPieces: number;
}

/** The file `settings` of an attempt's folder: `key=value` lines, read without evaluation. */
export function wrapperSettings(spec: AttemptSpec, place: WrapperPlace): string {
  const settings: Record<string, string | number> = {
    token: spec.token,
    job_id: spec.jobId,
    segment_id: spec.segmentId,
    fence: spec.fence,
    nodes: spec.nodes,
    devices_per_node: spec.devicesPerNode,
    begin_at: spec.beginAt,
    end_by: spec.endBy,
    time_limit_seconds: spec.timeLimitSeconds,
    grace_seconds: spec.graceSeconds,
    lead_seconds: spec.checkpoint?.leadSeconds ?? 0,
    signal: spec.checkpoint?.signal ?? '',
    checkpoint_dir: place.checkpointFolder,
    path: place.path,
    log_piece_bytes: place.logPieceBytes,
    log_pieces: place.logPieces,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** The file `env` of an attempt's folder: `NAME=value`, each closed by a NUL. */
export function wrapperEnvironment(env: AttemptSpec['env']): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
}
