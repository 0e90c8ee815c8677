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

/** Sort keys of the last item shown, for a list that is ordered by something else than its id. */
export type CursorKeys = readonly (string | number)[];

/** As {@link encodeCursor}, for such a list. */
export function encodeKeys(keys: CursorKeys): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/**
 * @param kinds what each key has to be, in order
 * @throws InvalidInputError at `/cursor` unless it came from {@link encodeKeys} with keys of these kinds.
 */
export function decodeKeys(cursor: string, kinds: readonly ('text' | 'integer')[]): CursorKeys {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(keys) && keys.length === kinds.length && keys.every((key, index) => isKey(key, kinds[index])))
      return keys as CursorKeys;
  } catch {
    // Not JSON: answered below like every other cursor that no page gave.
  }
  throw new InvalidInputError([{ path: '/cursor', message: 'must be the nextCursor of an earlier page' }]);
}

/** PostgreSQL takes no U+0000 in text, and its integers end at 2^31; a cursor comes from outside. */
function isKey(key: unknown, kind: 'text' | 'integer' | undefined): boolean {
  if (kind === 'integer') return Number.isInteger(key) && Math.abs(Number(key)) < 2 ** 31;
  return typeof key === 'string' && !key.includes('\u0000');
}

/** As {@link pageOf}, for rows ordered by `keysOf`. */
export function pageByKeys<Item>(rows: readonly Item[], limit: number, keysOf: (item: Item) => CursorKeys): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeKeys(keysOf(last)) : null };
}
