import { DomainError } from '../errors/domain-error.js';
import { newId } from '../ids/ids.js';
import { boundPageOf, type CursorPosition, decodeBoundCursor, isIdPosition } from './bound-cursor.js';

const isPosition = (parts: unknown[]): parts is [string, number] =>
  parts.length === 2 && typeof parts[0] === 'string' && typeof parts[1] === 'number';

function cursorAt(question: string, position: CursorPosition): string {
  const { nextCursor } = boundPageOf(question, [1, 2], 1, () => position);
  if (nextCursor === null) throw new Error('there is a second page');
  return nextCursor;
}

const asCursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('bound cursors', () => {
  it('come back as the position they were made from, whatever is in it', () => {
    for (const position of [
      ['', 0],
      ['"\\\u2028ä😀', 2 ** 53 - 1],
      ["' OR 1=1", -1],
    ] as [string, number][])
      expect(decodeBoundCursor('question', cursorAt('question', position), isPosition)).toEqual(position);
  });

  it('are cut with the page, and end with the last one', () => {
    const rows = [1, 2, 3].map(() => newId());
    const page = boundPageOf('question', rows, 2, (id) => [id]);
    expect(page.items).toEqual(rows.slice(0, 2));
    expect(decodeBoundCursor('question', page.nextCursor ?? '', isIdPosition)).toEqual([rows[1]]);
    expect(boundPageOf('question', rows, 3, (id) => [id])).toEqual({ items: rows, nextCursor: null });
    expect(boundPageOf('question', [], 3, (id) => [id])).toEqual({ items: [], nextCursor: null });
  });

  it('are refused for another question, in another spelling, and with another position', () => {
    const cursor = cursorAt('question', ['a', 1]);
    const [digest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
    expect(decodeBoundCursor('question', asCursor([digest, 'b', 2]), isPosition)).toEqual(['b', 2]);
    const refused = (question: string, text: string) =>
      expect(() => decodeBoundCursor(question, text, isPosition)).toThrow(DomainError);
    refused('other', cursor);
    for (const text of ['', 'x', `${cursor}=`, `${cursor}A`, cursor.slice(1)]) refused('question', text);
    for (const forged of [[digest, 'a'], [digest, 'a', '1'], [digest, 'a', 1, 1], ['a', 1], [null, 'a', 1], {}, null])
      refused('question', asCursor(forged));
    refused('question', Buffer.from(`["${digest}", "a", 1]`).toString('base64url'));
    refused('question', Buffer.from(`["${digest}","a",1.0]`).toString('base64url'));
  });
});
