/** Control characters, line and paragraph separators, and what reorders text on a screen (bidirectional controls). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * One printable line of what somebody else wrote: a name or a user agent can't forge a second record, colour a terminal, or
 * read backwards (ASVS 16.4.1).
 *
 * @param limit in characters; longer text ends in an ellipsis
 */
export function singleLine(text: string, limit: number): string {
  const line = text.replaceAll(UNPRINTABLE, '\uFFFD').toWellFormed();
  return line.length > limit ? `${line.slice(0, limit - 1).toWellFormed()}…` : line;
}
