import { InvalidInputError } from '#libs/kernel';

/** Which page of a list: at most `limit` items after the one that `cursor` (opaque, from the page before) names. */
export interface PageRequest {
  /** 1 to 200. */
  readonly limit: number;
  readonly cursor: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** Sort keys of the last item that was shown, in the list's order; mostly one id. */
export type CursorKeys = readonly (string | number)[];

/** base64url of the keys as JSON. Opaque to clients: what stands in it may change with any version. */
export function encodeCursor(keys: CursorKeys): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/**
 * @param kinds what each key has to be, in order
 * @throws InvalidInputError (`/cursor`) for anything but a cursor of such a list.
 */
export function decodeCursor(cursor: string, kinds: readonly ('uuid' | 'text' | 'integer')[]): CursorKeys {
  const keys = parseKeys(cursor);
  if (keys?.length !== kinds.length || !keys.every((key, index) => isKey(key, kinds[index])))
    throw new InvalidInputError([{ path: '/cursor', message: 'use nextCursor of the page before, unchanged' }]);
  return keys as CursorKeys;
}

/** The id that a list by falling id continues below; null on its first page. */
export function idBefore<Id extends string>(page: PageRequest): Id | null {
  return page.cursor === null ? null : (decodeCursor(page.cursor, ['uuid'])[0] as Id);
}

/** A page of what a store read with `limit + 1`: the one too many says that there is a next page. */
export function pageOf<T>(rows: readonly T[], limit: number, keysOf: (item: T) => CursorKeys): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keysOf(last)) : null };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isKey(key: unknown, kind: 'uuid' | 'text' | 'integer' | undefined): boolean {
  if (kind === 'integer') return Number.isInteger(key);
  // PostgreSQL refuses U+0000 in text; the cursor is a client's.
  if (kind === 'text') return typeof key === 'string' && !key.includes('\u0000');
  return typeof key === 'string' && UUID.test(key);
}

function parseKeys(cursor: string): unknown[] | null {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(keys) ? keys : null;
  } catch {
    return null;
  }
}
