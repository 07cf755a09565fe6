import { canonicalJson } from './canonical-json.js';

/** Code units, not letters: '￿' comes after the surrogates of '😀'. */
const NAMES = [
  '',
  '"',
  '1',
  '10',
  '2',
  'A',
  'B',
  'a',
  'aa',
  'b',
  'é',
  '東',
  '😀',
  '\uffff',
  ...Array.from({ length: 20 }, (_none, n) => `n${n}`),
];

describe('canonical JSON', () => {
  it('has its names in the order of their code units, however many there are and in whatever order they came', () => {
    for (let count = 0; count <= NAMES.length; count++) {
      for (let turn = 0; turn < 5; turn++) {
        const names = NAMES.slice(0, count).sort(() => Math.random() - 0.5);
        const text = canonicalJson(Object.fromEntries(names.map((name) => [name, { b: null, a: [name] }])));
        const expected = [...names]
          .sort()
          .map((name) => `${JSON.stringify(name)}:{"a":[${JSON.stringify(name)}],"b":null}`);
        expect(text).toBe(`{${expected.join(',')}}`);
      }
    }
  });
});
