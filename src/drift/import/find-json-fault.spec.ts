import fc from 'fast-check';
import { findJsonFault } from './find-json-fault.js';

describe('the place of a fault in JSON', () => {
  test.each([
    ['{"a":1 oops}', 7],
    ['{"a":01}', 6],
    ['[1,]', 3],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['[1}', 2],
    ['{"a":"b\nc"}', 5],
    ['[1] x', 4],
    ['{"a":', 5],
    ['nul', 0],
    ['[1 2]', 3],
  ])('%j is wrong at %d', (text, offset) => {
    expect(findJsonFault(text)).toBe(offset);
  });

  test('is at the end of a text that is cut off, wherever it is cut between two tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.integer({ min: 10 }), b: fc.string() }), { minLength: 1 }), (value) => {
        const text = JSON.stringify(value);
        for (const cut of [1, text.length - 1]) expect(findJsonFault(text.slice(0, cut))).toBe(cut);
      }),
    );
  });

  test('is never before the first difference that was made to a valid text', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(findJsonFault(text)).toBe(text.trimEnd().length);
      }),
    );
  });
});
