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
  ])('%j: at %i, %s', (text, position, expected) => {
    expect(jsonFault(text)).toEqual({ position, expected });
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
