import type { AuditRow } from '../log/canonical-record.js';
import { type AuditFormat, LOST_REASON } from './audit-format.js';
import { shortenedRow } from './shortened-row.js';

const END = '\r\n';
/** Without it, Excel takes UTF-8 for the code page of the country. */
const BYTE_ORDER_MARK = '\uFEFF';
/**
 * What a spreadsheet takes for the beginning of a formula, in its full width forms too, and what it skips before one. Text that
 * begins so gets an apostrophe in front, which spreadsheets show as text and readers of CSV can take off.
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u;
/** The same after what a spreadsheet of another country, or of another setting, takes for the end of a field. */
const FORMULA_INSIDE = /(?<=[;\t])(?=[\s\p{Cc}\p{Cf}]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20])/gu;

const COLUMNS: readonly (readonly [string, (row: AuditRow) => string | null])[] = [
  ['id', (row) => row.id],
  ['occurredAt', (row) => row.occurredAt],
  ['action', (row) => row.action],
  ['outcome', (row) => row.outcome],
  ['reason', (row) => row.reason],
  ['actorType', (row) => row.actorType],
  ['actorId', (row) => row.actorId],
  ['actorName', (row) => row.actorName],
  ['sessionId', (row) => row.sessionId],
  ['tenantId', (row) => row.tenantId],
  ['targetType', (row) => row.targetType],
  ['targetId', (row) => row.targetId],
  ['targetName', (row) => row.targetName],
  ['sourceAddress', (row) => row.sourceAddress],
  ['userAgent', (row) => row.userAgent],
  ['requestId', (row) => row.requestId],
  ['traceId', (row) => row.traceId],
  ['states', (row) => row.states],
];

/** RFC 4180, every field in quotes; `states` is the JSON of before and after. The head is a line of names. */
export const CSV_HEAD = `${BYTE_ORDER_MARK}${['leafIndex', ...COLUMNS.map(([name]) => name)].map(quoted).join(',')}${END}`;

export const CSV_FORMAT: AuditFormat = {
  line: ({ leafIndex, row }) => lineOf([String(leafIndex), ...COLUMNS.map(([, read]) => field(read(row)))]),
  shortened: ({ leafIndex, row }) => CSV_FORMAT.line({ leafIndex, row: shortenedRow(row) }),
  lost: ({ leafIndex, id, occurredAt }) => {
    const known: Partial<Record<string, string>> = { id, occurredAt, reason: LOST_REASON };
    return lineOf([String(leafIndex), ...COLUMNS.map(([name]) => known[name] ?? '')]);
  },
};

function lineOf(fields: string[]): string {
  return fields.map(quoted).join(',').concat('\r');
}

function field(text: string | null): string {
  if (text === null) return '';
  const inside = text.replaceAll(FORMULA_INSIDE, "'");
  return FORMULA.test(inside) ? `'${inside}` : inside;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
