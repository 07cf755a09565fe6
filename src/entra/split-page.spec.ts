import fc from 'fast-check';
import { PageSyntaxError, splitPage } from './split-page.js';

const SEED = 20261130;

const split = (text: string) => {
  const page = splitPage(Buffer.from(text, 'utf8'));
  const { elements } = page;
  const values: unknown[] = [];
  for (let i = 0; elements !== null && i < elements.length; i += 2)
    values.push(JSON.parse(page.bytes.toString('utf8', elements[i], elements[i + 1])));
  return { values: elements === null ? null : values, next: page.nextLink, delta: page.deltaLink };
};

/** The same text with white space between any two tokens, and some characters of its strings as escapes. */
function dressed(text: string, pick: () => number): string {
  const space = () => ['', ' ', '\n', '\r\n\t', '  '][pick() % 5] ?? '';
  let out = '';
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (inString && char === '\\') {
      out += char + text.charAt(++i);
    } else if (inString && char !== '"') {
      out += pick() % 9 === 0 ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char;
    } else {
      if (char === '"') inString = !inString;
      const isPunctuation = '{}[]:,'.includes(char);
      out += isPunctuation ? space() + char + space() : char;
    }
  }
  return space() + out + space();
}

describe('a page of Graph, split without being parsed', () => {
  it('gives exactly the elements that JSON.parse gives, whatever stands in them and between them', () => {
    const page = fc.record(
      {
        '@odata.context': fc.jsonValue(),
        '@odata.nextLink': fc.oneof(fc.webUrl(), fc.jsonValue()),
        '@odata.deltaLink': fc.webUrl(),
        value: fc.array(fc.jsonValue({ maxDepth: 4 })),
        'a"\\b': fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(page, fc.infiniteStream(fc.nat()), (content, numbers) => {
        const text = dressed(JSON.stringify(content), () => numbers.next().value ?? 0);
        const whole = JSON.parse(text) as typeof content;
        expect(split(text)).toEqual({
          values: whole.value ?? null,
          next: whole['@odata.nextLink'],
          delta: whole['@odata.deltaLink'],
        });
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });

  it('refuses what JSON.parse refuses, once the elements are parsed as well', () => {
    const text = JSON.stringify({
      '@odata.nextLink': 'https://x/\\"',
      value: [{ a: ['}', { b: null }] }, { c: 1.5e-3 }],
    });
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.nat(text.length),
        fc.constantFrom(...'{}[]",:\\ 0x'),
        (at, upTo, byte) => {
          for (const broken of [
            text.slice(0, at),
            text.slice(0, at) + byte + text.slice(at + 1),
            text.slice(0, at) + byte + text.slice(at),
            text.slice(0, at) + text.slice(Math.max(at, upTo)),
          ]) {
            const isJson = outcome(() => JSON.parse(broken) as unknown);
            const isPage = outcome(() => split(broken));
            // A lone value is JSON and no page.
            if (isJson && broken.trimStart().startsWith('{'))
              expect({ broken, isPage }).toEqual({ broken, isPage: true });
            if (!isJson) expect({ broken, isPage }).toEqual({ broken, isPage: false });
          }
        },
      ),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('finds the end of a long string, whatever number of backslashes stands before a quote and wherever it stands', () => {
    for (let before = 0; before < 40; before++) {
      for (let slashes = 0; slashes < 8; slashes++) {
        const string = `"${'a'.repeat(before)}${'\\'.repeat(slashes)}"`;
        // After an odd number the quote belongs to the string, which ends with the next.
        const closed = slashes % 2 === 0 ? string : `${string}${'b'.repeat(before)}"`;
        expect(split(`{"value":[{"a":${closed}},[${closed}],1]}`).values).toHaveLength(3);
        expect(() => split(`{"value":[{"a":${closed.slice(0, -1)}`)).toThrow(PageSyntaxError);
      }
    }
  });

  it('says where the text is wrong', () => {
    const places: [string, number][] = [
      ['', 0],
      ['[]', 0],
      ['{"value":[1,]}', 12],
      ['{"value":[{}', 12],
      ['{"value":[{}] "x":1}', 14],
      ['{"value":[]} x', 13],
      ['{"value":["a', 12],
      ['{"a":tru}', 5],
    ];
    for (const [text, offset] of places) {
      let found: unknown;
      try {
        split(text);
      } catch (error) {
        found = error;
      }
      expect(found).toBeInstanceOf(PageSyntaxError);
      expect({ text, offset: (found as PageSyntaxError).offset }).toEqual({ text, offset });
    }
  });

  it('takes the last of two members with one name, as JSON.parse does', () => {
    expect(split('{"value":[1,2],"value":[3]}').values).toEqual([3]);
    expect(split('{"value":[1],"value":null}').values).toBeNull();
    expect(split('{"valu\\u0065":[1]}').values).toEqual([1]);
  });

  it('survives nesting that no parser would', () => {
    const deep = `{"value":[${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}]}`;
    expect(splitPage(Buffer.from(deep)).elements).toHaveLength(2);
  });
});

function outcome(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
