import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '#libs/kernel';
import { decodeCursor, encodeCursor, idBefore, pageOf } from './pages.js';

const ID = '01930000-0000-7000-8000-000000000001';

describe('pages', () => {
  it('names the next page by the last item shown, and none where nothing is left', () => {
    const rows = [{ id: 'c' }, { id: 'b' }, { id: 'a' }];
    const first = pageOf(rows, 2, (row) => [row.id]);
    expect(first.items).toEqual([{ id: 'c' }, { id: 'b' }]);
    expect(decodeCursor(first.nextCursor ?? '', ['text'])).toEqual(['b']);
    expect(pageOf(rows, 3, (row) => [row.id]).nextCursor).toBeNull();
    expect(pageOf([], 3, () => [1])).toEqual({ items: [], nextCursor: null });
  });

  it('reads its own cursors back', () => {
    expect(idBefore({ limit: 1, cursor: encodeCursor([ID]) })).toBe(ID);
    expect(idBefore({ limit: 1, cursor: null })).toBeNull();
    expect(decodeCursor(encodeCursor(['CN-天津', 2023]), ['text', 'integer'])).toEqual(['CN-天津', 2023]);
  });

  it.each([
    '',
    'x',
    '%00',
    encodeCursor([]),
    encodeCursor([1]),
    encodeCursor([`${ID}'`]),
    encodeCursor([ID, ID]),
    Buffer.from('{}').toString('base64url'),
  ])('refuses %j where a cursor of one id is wanted', (cursor) => {
    expect(() => idBefore({ limit: 1, cursor })).toThrow(InvalidInputError);
  });

  it('refuses text that PostgreSQL would not take', () => {
    expect(() => decodeCursor(encodeCursor(['a\u0000']), ['text'])).toThrow(InvalidInputError);
  });
});
