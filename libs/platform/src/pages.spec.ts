import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '#libs/kernel';
import { decodeCursor, decodeKeys, encodeCursor, encodeKeys, pageByKeys, pageOf } from './pages.js';

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

describe('pages', () => {
  it('point behind the last item shown, and nowhere from the last page', () => {
    const rows = [3, 2, 1].map((n) => ({ id: id(n) }));
    const first = pageOf(rows, 2);
    expect(first.items).toEqual([{ id: id(3) }, { id: id(2) }]);
    expect(decodeCursor(first.nextCursor ?? '')).toBe(id(2));
    expect(pageOf(rows, 3).nextCursor).toBeNull();
    expect(pageOf([], 3)).toEqual({ items: [], nextCursor: null });
  });

  it.each(['', 'x', encodeCursor('no uuid'), Buffer.from('{}').toString('base64url')])(
    'refuse the cursor %j',
    (cursor) => {
      expect(() => decodeCursor(cursor)).toThrow(InvalidInputError);
    },
  );

  it('continue by other keys than an id, checked kind by kind', () => {
    const rows = [
      { region: 'CN-天津', year: 2023 },
      { region: 'CN-天津', year: 2022 },
    ];
    const { nextCursor } = pageByKeys(rows, 1, (row) => [row.region, row.year]);
    expect(decodeKeys(nextCursor ?? '', ['text', 'integer'])).toEqual(['CN-天津', 2023]);
    expect(pageByKeys(rows, 2, (row) => [row.region]).nextCursor).toBeNull();
  });

  it.each([
    '',
    'x',
    encodeKeys([]),
    encodeKeys(['a', 'b']),
    encodeKeys([1, 1]),
    encodeKeys(['a', 1e10]),
    encodeKeys(['\u0000', 1]),
  ])('refuse the keys %j where a text and an integer are wanted', (cursor) => {
    expect(() => decodeKeys(cursor, ['text', 'integer'])).toThrow(InvalidInputError);
  });
});
