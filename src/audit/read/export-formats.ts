import type { AuditFormat, LostRecord, SealedRecord } from '../formats/audit-format.js';
import { CSV_FORMAT, CSV_HEAD } from '../formats/csv-format.js';
import { NDJSON_FORMAT } from '../formats/ndjson-format.js';
import { OCSF_FORMAT } from '../formats/ocsf-format.js';

export const EXPORT_FORMATS = ['ndjson', 'ocsf', 'csv', 'bundle'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const NDJSON = 'application/x-ndjson';
export const EXPORT_TYPES: Record<ExportFormat, { type: string; extension: string }> = {
  ndjson: { type: NDJSON, extension: 'ndjson' },
  ocsf: { type: NDJSON, extension: 'ocsf.ndjson' },
  csv: { type: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  bundle: { type: NDJSON, extension: 'bundle.ndjson' },
};

const FORMATS: Record<Exclude<ExportFormat, 'bundle'>, { head: string; format: AuditFormat }> = {
  ndjson: { head: '', format: NDJSON_FORMAT },
  ocsf: { head: '', format: OCSF_FORMAT },
  csv: { head: CSV_HEAD, format: CSV_FORMAT },
};
const CHUNK_BYTES = 64 * 1024;

/** Records as lines of a format, whole lines in pieces of about 64 KiB. */
export async function* formatted(
  name: Exclude<ExportFormat, 'bundle'>,
  records: AsyncIterable<SealedRecord | LostRecord>,
): AsyncGenerator<Buffer> {
  const { head, format } = FORMATS[name];
  let text = head;
  for await (const record of records) {
    text += `${'row' in record ? format.line(record) : format.lost(record)}\n`;
    if (text.length < CHUNK_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
