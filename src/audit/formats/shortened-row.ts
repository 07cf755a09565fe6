import { sha256 } from '../../crypto/digest.js';
import type { AuditRow } from '../log/canonical-record.js';

/** Of what others can write as long as they like. */
const TEXT_LENGTH = 128;

/** What fits into any message: who did what to what, with which outcome. The digest in place of the states tells them from others. */
export function shortenedRow(row: AuditRow): AuditRow {
  const { states } = row;
  return {
    ...row,
    reason: cut(row.reason),
    actorName: cut(row.actorName),
    targetName: cut(row.targetName),
    userAgent: cut(row.userAgent),
    states:
      states === null
        ? null
        : `{"after":{"omitted":"sha256:${sha256(Buffer.from(states, 'utf8')).toString('hex')}"},"before":null}`,
  };
}

function cut(text: string | null): string | null {
  return text === null || text.length <= TEXT_LENGTH ? text : `${text.slice(0, TEXT_LENGTH - 1).toWellFormed()}…`;
}
