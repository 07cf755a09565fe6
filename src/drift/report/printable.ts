import type { Json } from '../../crypto/canonical-json.js';
import type { IncompleteType } from './drift-report.types.js';

/**
 * A tenant's text for a terminal or a document: control characters, which could move a cursor or forge a line, and
 * characters that reverse the direction of writing are shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Controls, format characters (zero width, direction, byte order mark), line and paragraph separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Shows nothing, and ends what readers of Markdown and the like take for one word. */
const ZERO_WIDTH_SPACE = '\u200b';
/** After what a link can't do without that is made of bare text: `http://`, `www.`, `example.com`, `a@b`, `@team`, `#1`. */
const LINKING = /:(?=\/\/)|[@#](?=\S)|\.(?=\p{L})/gu;

/** Text of which no reader makes a link, a mention or a reference by itself, as GitHub's and others do; it looks as before. */
export function withoutLinks(text: string): string {
  return text.replace(LINKING, `$&${ZERO_WIDTH_SPACE}`);
}

/** Why a type says nothing about drift, and since when; offline there is no since. */
export function whyNotAssessed({ reason, since }: Pick<IncompleteType, 'reason' | 'since'>): string {
  return since === null ? reason : `not assessed since ${since}: ${reason}`;
}

/** Of a page that doesn't hold all changes. */
export function notShown(omitted: number): string {
  return `${omitted} more ${omitted === 1 ? 'change is' : 'changes are'} not shown, none graver than these; json, ndjson, sarif and csv have all.`;
}

/** A value on one line, cut at a length; a set without its brackets when it is short. */
export function shortValue(value: Json, length = 160): string {
  if (value === null) return '(none)';
  const whole = typeof value === 'string' ? value : JSON.stringify(value);
  const shown = printable(whole);
  return shown.length > length ? `${shown.slice(0, length - 1)}…` : shown;
}

/** What a change did, in a few words. */
export function changeInWords(before: Json, after: Json): string {
  if (Array.isArray(before) && Array.isArray(after)) {
    const parts = [];
    if (after.length > 0) parts.push(`added ${listed(after)}`);
    if (before.length > 0) parts.push(`removed ${listed(before)}`);
    return parts.join(', ');
  }
  return `${shortValue(before)} -> ${shortValue(after)}`;
}

const SHOWN = 6;

function listed(values: Json[]): string {
  const shown = values.slice(0, SHOWN).map((value) => shortValue(value, 80));
  return shown.join(', ') + (values.length > SHOWN ? ` and ${values.length - SHOWN} more` : '');
}
