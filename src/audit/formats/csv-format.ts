import { BYTE_ORDER_MARK, csvLine } from '../../kernel/text/csv-line.js';
import type { AuditRow } from '../log/canonical-record.js';
import { type AuditFormat, lostReason } from './audit-format.js';
import { shortenedRow } from './shortened-row.js';
import { tellingChanged } from './telling-changed.js';

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

/** `states` is the JSON of before and after. The head is a line of names. */
export const CSV_HEAD = `${BYTE_ORDER_MARK}${csvLine(['leafIndex', ...COLUMNS.map(([name]) => name)])}\r\n`;

function rowLine(leafIndex: number, row: AuditRow): string {
  return csvLine([String(leafIndex), ...COLUMNS.map(([, read]) => read(row))]).concat('\r');
}

export const CSV_FORMAT: AuditFormat = tellingChanged({
  line: ({ leafIndex, row }) => rowLine(leafIndex, row),
  shortened: ({ leafIndex, row }) => rowLine(leafIndex, shortenedRow(row)),
  lost: (record) => {
    const { leafIndex, id, occurredAt } = record;
    const known: Partial<Record<string, string | null>> = { id, occurredAt, reason: lostReason(record) };
    return csvLine([String(leafIndex), ...COLUMNS.map(([name]) => known[name] ?? null)]).concat('\r');
  },
});
