// biome-ignore-start lint/suspicious/noControlCharactersInRegex: RFC 8259 7 forbids exactly these inside strings
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'nothing';

/**
 * Offset of the first character at which a text stops being JSON (RFC 8259); its length where it only ends too early. The
 * engine's own message leaves the place out for most faults.
 */
export function findJsonFault(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  for (;;) {
    TOKEN.lastIndex = offset;
    const match = TOKEN.exec(text);
    const end = match === null ? offset : TOKEN.lastIndex;
    const next: Expected | null =
      match === null ? null : step(expected, match[1] ?? (match[2] === undefined ? 'scalar' : 'string'), open);
    if (match === null || next === null) return firstInk(text, offset);
    expected = next;
    offset = end;
  }
}

function step(expected: Expected, token: string, open: ('{' | '[')[]): Expected | null {
  const isValue = expected === 'value' || expected === 'value or end';
  if (token === '{' || token === '[') {
    if (!isValue) return null;
    open.push(token);
    return token === '{' ? 'name or end' : 'value or end';
  }
  if (token === '}' || token === ']') {
    const top = open.at(-1);
    const closes = top !== undefined && token === (top === '{' ? '}' : ']');
    if (!closes || !['name or end', 'value or end', 'comma or end'].includes(expected)) return null;
    open.pop();
    return afterValue(open);
  }
  if (token === ':') return expected === 'colon' ? 'value' : null;
  if (token === ',') return expected !== 'comma or end' ? null : open.at(-1) === '{' ? 'name' : 'value';
  if (token === 'string' && (expected === 'name' || expected === 'name or end')) return 'colon';
  return isValue ? afterValue(open) : null;
}

function afterValue(open: string[]): Expected {
  return open.length === 0 ? 'nothing' : 'comma or end';
}

function firstInk(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}
