import { DomainError } from '../errors/domain-error.js';
import { newId } from '../ids/ids.js';
import { decodeCursor, encodeCursor, pageOf } from './cursor.js';

describe('cursors', () => {
  it('come back as the id they were made from', () => {
    const id = newId();
    expect(decodeCursor(encodeCursor(id))).toBe(id);
  });

  it.each(['', 'x', '../../etc/passwd', "' OR 1=1 --", Buffer.from('{"id":1}').toString('base64url')])(
    'refuse the forgery %p',
    (cursor) => {
      expect(() => decodeCursor(cursor)).toThrow(DomainError);
    },
  );

  it('end with the last page', () => {
    const rows = [1, 2, 3].map(() => ({ id: newId() }));
    expect(pageOf(rows, 2)).toMatchObject({ items: rows.slice(0, 2), nextCursor: encodeCursor(rows[1]?.id ?? '') });
    expect(pageOf(rows, 3).nextCursor).toBeNull();
    expect(pageOf([], 3).nextCursor).toBeNull();
  });
});
