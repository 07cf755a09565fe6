/** Without it, Excel takes UTF-8 for the code page of the country. */
export const BYTE_ORDER_MARK = '\uFEFF';
/**
 * What a spreadsheet takes for the beginning of a formula, in its full width forms too, and what it skips before one. Text that
 * begins so gets an apostrophe in front, which spreadsheets show as text and readers of CSV can take off.
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u;
/** The same after what a spreadsheet of another country, or of another setting, takes for the end of a field. */
const FORMULA_INSIDE = /(?<=[;\t])(?=[\s\p{Cc}\p{Cf}]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20])/gu;

/** A line of CSV without its end (RFC 4180), every field in quotes, that is safe to open in a spreadsheet. */
export function csvLine(fields: readonly (string | null)[]): string {
  return fields.map((text) => `"${spreadsheetText(text ?? '').replaceAll('"', '""')}"`).join(',');
}

function spreadsheetText(text: string): string {
  const inside = text.replaceAll(FORMULA_INSIDE, "'");
  return FORMULA.test(inside) ? `'${inside}` : inside;
}
