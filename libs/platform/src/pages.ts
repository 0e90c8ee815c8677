import { InvalidInputError, isUuid } from '#libs/kernel';

/** What a list is asked for: newest first, at most `limit`, those after the page that gave `cursor`. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** Opaque to the reader: base64url of the JSON `[id]` of the last item shown. */
export function encodeCursor(id: string): string {
  return Buffer.from(JSON.stringify([id])).toString('base64url');
}

/** @throws InvalidInputError at `/cursor` unless {@link encodeCursor} made it. */
export function decodeCursor(cursor: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed.length === 1 && typeof parsed[0] === 'string' && isUuid(parsed[0]))
      return parsed[0];
  } catch {
    // Not JSON: answered below like every other cursor that no page gave.
  }
  throw new InvalidInputError([{ path: '/cursor', message: 'must be the nextCursor of an earlier page' }]);
}

/** Rows fetched by descending id with a limit of `limit + 1`, as a page: the extra row says that more follow. */
export function pageOf<Item extends { readonly id: string }>(rows: readonly Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}
