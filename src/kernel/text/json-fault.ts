export interface JsonFault {
  /** Characters before the fault. */
  position: number;
  /** What JSON wants there. Says nothing of what stands there, which may be a secret. */
  expected: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them in a string
const CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const CLOSING: Record<string, string> = { '{': '}', '[': ']' };

/**
 * Where a text stops being JSON (RFC 8259). The engine's own messages quote the text, and don't always say where.
 *
 * @returns null when it is JSON
 */
export function jsonFault(text: string): JsonFault | null {
  const closers: string[] = [];
  let at = 0;
  let expected = 'a value';
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const fault = (what = expected): JsonFault => ({ position: at, expected: what });
  /** @returns what is wrong in the string that begins here; null: it is read */
  const readString = (): JsonFault | null => {
    for (at += 1; ; ) {
      skip(CHARACTERS);
      if (text[at] === '"') break;
      if (at >= text.length) return fault('the end of a string');
      if (!skip(ESCAPE)) return fault(text[at] === '\\' ? 'a known escape' : 'no control character in a string');
    }
    at += 1;
    return null;
  };
  const afterValue = () => {
    const closer = closers.at(-1);
    return closer === undefined ? 'the end of the text' : `"," or "${closer}"`;
  };

  for (skip(SPACE); ; skip(SPACE)) {
    const here = text[at];
    const closer = closers.at(-1);
    if (here === undefined) return expected === 'the end of the text' ? null : fault();
    if (expected.includes(`"${here}"`) && here === closer) {
      closers.pop();
      at += 1;
      expected = afterValue();
    } else if (expected.startsWith('"," or') && here === ',') {
      at += 1;
      expected = closer === '}' ? 'a name in double quotes' : 'a value';
    } else if (expected === '":"' && here === ':') {
      at += 1;
      expected = 'a value';
    } else if (expected.startsWith('a name') && here === '"') {
      const wrong = readString();
      if (wrong !== null) return wrong;
      expected = '":"';
    } else if (expected.startsWith('a value')) {
      const opened = CLOSING[here];
      if (opened !== undefined) {
        closers.push(opened);
        at += 1;
        expected = `a ${opened === '}' ? 'name in double quotes' : 'value'} or "${opened}"`;
        continue;
      }
      const wrong = here === '"' ? readString() : skip(SCALAR) ? null : fault();
      if (wrong !== null) return wrong;
      expected = afterValue();
    } else return fault();
  }
}
