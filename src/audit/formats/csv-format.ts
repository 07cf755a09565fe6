import { BYTE_ORDER_MARK, csvLine } from '../../kernel/text/csv-line.js';
import type { AuditRow } from '../log/canonical-record.js';
import { type AuditFormat, LOST_REASON } from './audit-format.js';
import { shortenedRow } from './shortened-row.js';

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

export const CSV_FORMAT: AuditFormat = {
  line: ({ leafIndex, row }) => csvLine([String(leafIndex), ...COLUMNS.map(([, read]) => read(row))]).concat('\r'),
  shortened: ({ leafIndex, row }) => CSV_FORMAT.line({ leafIndex, row: shortenedRow(row) }),
  lost: ({ leafIndex, id, occurredAt }) => {
    const known: Partial<Record<string, string | null>> = { id, occurredAt, reason: LOST_REASON };
    return csvLine([String(leafIndex), ...COLUMNS.map(([name]) => known[name] ?? null)]).concat('\r');
  },
};
