/**
 * Text that came from outside, made storable in a PostgreSQL text column: NUL isn't allowed there (22021) and a lone
 * surrogate can't be encoded. Both become U+FFFD, so that the text stays readable and equal texts stay equal.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
