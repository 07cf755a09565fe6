import type { JsonObject } from '../../crypto/canonical-json.js';
import { readDirectoryAnswer } from './read-directory-answer.js';

const ID = '11111111-1111-4111-8111-111111111111';
const NOW = Date.parse('2026-11-24T12:00:00Z');
const PRESENT = { id: ID, accountEnabled: true, signInSessionsValidFromDateTime: '2026-11-24T11:00:00Z' };
const read = (status: number, body: JsonObject | null) => readDirectoryAnswer({ path: '', status, body }, ID, NOW);

describe('readDirectoryAnswer', () => {
  it('reads a person who is there, one who is disabled, one who is gone', () => {
    expect(read(200, PRESENT)).toEqual({ kind: 'present', validFrom: new Date('2026-11-24T11:00:00Z') });
    expect(read(200, { ...PRESENT, id: ID.toUpperCase(), signInSessionsValidFromDateTime: null })).toEqual({
      kind: 'present',
      validFrom: null,
    });
    expect(read(200, { ...PRESENT, accountEnabled: false })).toEqual({ kind: 'disabled' });
    expect(read(404, { error: { code: 'Request_ResourceNotFound' } })).toEqual({ kind: 'deleted' });
  });

  it.each<[string, number, JsonObject | null]>([
    ['no answer', 0, null],
    ['429', 429, { error: { code: 'TooManyRequests' } }],
    ['503', 503, null],
    ['404 with another code', 404, { error: { code: 'ResourceNotFound' } }],
    ['404 without a body', 404, null],
    ['404 with a list for an error', 404, { error: ['Request_ResourceNotFound'] }],
    ['200 without a body', 200, null],
    ['200 with nothing in it', 200, {}],
    ['200 about somebody else', 200, { ...PRESENT, id: ID.replace('1', '2'), accountEnabled: false }],
    ['accountEnabled that is text', 200, { ...PRESENT, accountEnabled: 'false' }],
    ['accountEnabled that is null', 200, { ...PRESENT, accountEnabled: null }],
    ['a time that is none', 200, { ...PRESENT, signInSessionsValidFromDateTime: 'yesterday' }],
    ['a time without a zone', 200, { ...PRESENT, signInSessionsValidFromDateTime: '2026-11-24T11:00:00' }],
    ['a time that is a number', 200, { ...PRESENT, signInSessionsValidFromDateTime: 1 }],
    ['a time that lies ahead', 200, { ...PRESENT, signInSessionsValidFromDateTime: '2026-11-24T12:05:01Z' }],
  ])('takes %s for no answer', (_what, status, body) => {
    expect(read(status, body)).toMatchObject({ kind: 'unknown' });
  });

  it('tells when a permission is what is missing', () => {
    expect(read(403, null)).toMatchObject({ kind: 'unknown', forbidden: true });
    expect(read(200, { id: ID })).toMatchObject({ kind: 'unknown', forbidden: true });
    expect(read(503, null)).toMatchObject({ kind: 'unknown', forbidden: false });
  });
});
