import { scimError } from '../scim.errors.js';

export type Token =
  | { kind: 'word'; text: string }
  | { kind: 'string'; value: string }
  | { kind: '(' | ')' | '[' | ']' };

/** Characters of a filter or a path. */
export const MAX_FILTER_LENGTH = 1000;

const WORD = /[\w$:.+-]+/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;

/** @throws DomainError scim.invalid_filter */
export function filterTokens(text: string): Token[] {
  if (text.length > MAX_FILTER_LENGTH) {
    throw invalidFilter(`A filter has ${MAX_FILTER_LENGTH} characters at most.`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (character === ' ') {
      at += 1;
    } else if (character === '(' || character === ')' || character === '[' || character === ']') {
      tokens.push({ kind: character });
      at += 1;
    } else if (character === '"') {
      const literal = match(STRING, text, at);
      if (literal === null) throw invalidFilter(`The string at position ${at} does not end.`);
      tokens.push({ kind: 'string', value: unquoted(literal, at) });
      at += literal.length;
    } else {
      const word = match(WORD, text, at);
      if (word === null) throw invalidFilter(`Position ${at} is not understood.`);
      tokens.push({ kind: 'word', text: word });
      at += word.length;
    }
  }
  return tokens;
}

export function invalidFilter(detail: string) {
  return scimError('scim.invalid_filter', { detail });
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** RFC 7644 3.4.2.2: values are those of JSON. */
function unquoted(literal: string, at: number): string {
  try {
    const value = JSON.parse(literal) as string;
    if (value.isWellFormed() && !value.includes('\0')) return value;
  } catch {
    // Said below.
  }
  throw invalidFilter(`The string at position ${at} is not one of JSON.`);
}
