import fc from 'fast-check';
import { jsonFault } from './json-fault.js';

describe('the fault of a text that should be JSON', () => {
  it.each([
    ['', 0, 'a value'],
    ['{"a":', 5, 'a value'],
    ['{"a" 1}', 5, '":"'],
    ['{"password": hunter2}', 13, 'a value'],
    ["{'a': 1}", 1, 'a name in double quotes or "}"'],
    ['{"a": 1,}', 8, 'a name in double quotes'],
    ['[1, 2', 5, '"," or "]"'],
    ['[1,]', 3, 'a value'],
    ['{"a": 1} x', 9, 'the end of the text'],
    ['"abc', 4, 'the end of a string'],
    ['"a\nb"', 2, 'no control character in a string'],
    ['"a\\x"', 2, 'a known escape'],
    ['[01]', 2, '"," or "]"'],
    ['nul', 0, 'a value'],
    ['{"a":1 oops}', 7, '"," or "}"'],
    ['{"a":01}', 6, '"," or "}"'],
    ['[1}', 2, '"," or "]"'],
    ['{"a":"b\nc"}', 7, 'no control character in a string'],
    ['[1 2]', 3, '"," or "]"'],
  ])('%j: at %i, %s', (text, position, expected) => {
    expect(jsonFault(text)).toEqual({ position, expected });
  });

  it('is at the end of a text that is cut off, wherever it is cut between two tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.integer({ min: 10 }), b: fc.string() }), { minLength: 1 }), (value) => {
        const text = JSON.stringify(value);
        for (const cut of [1, text.length - 1]) expect(jsonFault(text.slice(0, cut))?.position).toBe(cut);
      }),
    );
  });

  it('is none exactly where the engine reads it', () => {
    const isRead = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const nearly = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '\\', '1', '-', '.', 'e', ' '))
      .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1));
    fc.assert(
      fc.property(nearly, (text) => expect(jsonFault(text) === null).toBe(isRead(text))),
      { numRuns: 1000 },
    );
  });
});
