import type { AuditFormat, SealedRecord } from '../formats/audit-format.js';
import type { AuditRow } from '../log/canonical-record.js';

/** Facility 13: log audit (RFC 5424 6.2.1). */
const FACILITY = 13;
const SEVERITY: Record<AuditRow['outcome'], number> = { success: 6, denied: 4, failure: 4 };
const APP_NAME = 'blindspotx';
const HOSTNAME_LENGTH = 255;
const MSGID_LENGTH = 32;
/** 32473 is the enterprise number of documentation (RFC 5612): this product has none of its own. */
const SD_ID = 'audit@32473';
const PARAM_LENGTH = 256;
const NIL = '-';
/** RFC 5424 6.4: tells that UTF-8 follows. */
const BOM = '\uFEFF';

export interface SyslogOptions {
  format: AuditFormat;
  /** Who sends; what isn't printable ASCII is left out. */
  hostname: string;
  /** Of one message, at least 2048. */
  maxBytes: number;
}

/**
 * A record as a message of RFC 5424. What it is about stands in the structured data too, so that it survives when the message is
 * too long for the receiver: then it leaves out the states before and after, and says so; what is still too long is cut.
 */
export function syslogMessage(record: SealedRecord, options: SyslogOptions): Buffer {
  const whole = encode(record, options, false);
  if (whole.length <= options.maxBytes) return whole;
  const short = encode({ ...record, row: { ...record.row, states: null } }, options, true);
  return short.length <= options.maxBytes ? short : short.subarray(0, characterBoundary(short, options.maxBytes));
}

/** RFC 5425 4.3: octet counting. */
export function syslogFrame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `, 'ascii'), message]);
}

function encode(record: SealedRecord, { format, hostname }: SyslogOptions, truncated: boolean): Buffer {
  const { row, leafIndex } = record;
  const header = [
    `<${FACILITY * 8 + SEVERITY[row.outcome]}>1`,
    row.occurredAt,
    printable(hostname, HOSTNAME_LENGTH),
    APP_NAME,
    NIL,
    printable(row.action, MSGID_LENGTH),
  ].join(' ');
  const data = structuredData({
    leafIndex: String(leafIndex),
    id: row.id,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason,
    actorType: row.actorType,
    actorId: row.actorId,
    targetType: row.targetType,
    targetId: row.targetId,
    sourceAddress: row.sourceAddress,
    requestId: row.requestId,
    truncated: truncated ? 'true' : null,
  });
  return Buffer.from(`${header} ${data} ${BOM}${withoutControls(format.line(record))}`, 'utf8');
}

function structuredData(params: Record<string, string | null>): string {
  const written = Object.entries(params).map(([name, value]) =>
    value === null ? '' : ` ${name}="${paramValue(value)}"`,
  );
  return `[${SD_ID}${written.join('')}]`;
}

/** RFC 5424 6.3.3: `"`, `\` and `]` are escaped, and nothing else is. */
function paramValue(value: string): string {
  const text = value.replaceAll(CONTROLS, '\uFFFD').slice(0, PARAM_LENGTH).toWellFormed();
  return text.replaceAll(/["\\\]]/g, '\\$&');
}

/** Of what JSON doesn't escape by itself: DEL and C1 controls, and what some take for the end of a line. */
function withoutControls(json: string): string {
  return json.replaceAll(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** PRINTUSASCII of RFC 5424 6. */
function printable(text: string, limit: number): string {
  const kept = text.replaceAll(/[^\u0021-\u007e]/g, '').slice(0, limit);
  return kept === '' ? NIL : kept;
}

/** The last place up to `limit` where a character of UTF-8 ends. */
function characterBoundary(bytes: Buffer, limit: number): number {
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
