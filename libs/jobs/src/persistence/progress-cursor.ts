import { InvalidInputError, isUuid } from '#libs/kernel';
import type { ProgressPoint } from '../domain/segment.js';

/** Progress has no id of its own: its cursor is base64url of the JSON `[segment, step]`. */
export function encodeProgressCursor(point: Pick<ProgressPoint, 'segmentId' | 'step'>): string {
  return Buffer.from(JSON.stringify([point.segmentId, point.step])).toString('base64url');
}

/** @throws InvalidInputError at `/cursor` unless {@link encodeProgressCursor} made it. */
export function decodeProgressCursor(cursor: string): { readonly segmentId: string; readonly step: number } {
  try {
    const [segmentId, step, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if (typeof segmentId === 'string' && isUuid(segmentId) && Number.isSafeInteger(step) && rest.length === 0)
      return { segmentId, step: step as number };
  } catch {
    // Not JSON, or no list: answered below like every other cursor that no page gave.
  }
  throw new InvalidInputError([{ path: '/cursor', message: 'must be the nextCursor of an earlier page' }]);
}
