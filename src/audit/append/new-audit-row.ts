import type { KeyRing, Sealing } from '../../crypto/key-ring.js';
import { currentContext, type RequestContext } from '../../kernel/context/request-context.js';
import { newId } from '../../kernel/ids/ids.js';
import type { AuditActor, AuditEntry } from '../audit.types.js';
import { statesText } from '../log/canonical-record.js';
import { statesPlace } from '../log/states-place.js';
import { type Fingerprint, isSuspicious, maskedLine, maskedText } from '../mask-secrets.js';
import { singleLine } from '../single-line.js';
import type { NewAuditRow } from './audit-append.repository.js';
import { retentionClassOf } from './retention-class.js';

const NAME_LENGTH = 256;
const ID_LENGTH = 512;
const TEXT_LENGTH = 1024;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Enough to tell secrets apart, too little to be of use. */
const FINGERPRINT_BYTES = 8;

/** What is to be recorded, with what was known of the request when it happened. */
export interface Happening {
  /** Of the record: the same however often it is written. */
  id: string;
  actor: AuditActor;
  entry: AuditEntry;
  source: RecordSource | undefined;
}

export type RecordSource = { [Member in keyof RequestContext]: string | null };

/** The row of an entry: what others wrote made one line, secrets masked, states sealed, and what is known of the request. */
export async function newAuditRow(keys: KeyRing, actor: AuditActor, entry: AuditEntry): Promise<NewAuditRow> {
  const [row] = await newAuditRows(keys, [{ id: newId(), actor, entry, source: currentContext() }]);
  if (row === undefined) throw new Error('no row was made');
  return row;
}

/** The same for many, in their order, with one look at the keys. */
export async function newAuditRows(keys: KeyRing, happenings: readonly Happening[]): Promise<NewAuditRow[]> {
  const index = await keys.index('audit.masked');
  const fingerprint: Fingerprint = (secret) =>
    `${index.version}.${index.of(secret).toString('hex', 0, FINGERPRINT_BYTES)}`;
  const sealings: Sealing[] = [];
  const owners: NewAuditRow[] = [];
  const rows = happenings.map((happening) => {
    const row = openRow(happening, fingerprint);
    const states = maskedStates(happening.entry, fingerprint);
    if (states !== null) {
      sealings.push({ plaintext: Buffer.from(states, 'utf8'), place: statesPlace(row.id, row.tenantId) });
      owners.push(row);
    }
    return row;
  });
  const sealed = sealings.length === 0 ? [] : await keys.sealAll(sealings);
  for (const [nth, row] of owners.entries()) row.sealedStates = sealed[nth] ?? null;
  return rows;
}

/** Without its states. */
function openRow({ id, actor, entry, source }: Happening, fingerprint: Fingerprint): NewAuditRow {
  const line = (text: string | null | undefined, limit: number) => {
    if (text === null || text === undefined) return null;
    return isPlainLine(text, limit) ? text : singleLine(maskedLine(text, fingerprint), limit);
  };
  return {
    id,
    retentionClass: retentionClassOf(entry.action, entry.outcome),
    action: entry.action,
    outcome: entry.outcome,
    reason: line(entry.reason, TEXT_LENGTH),
    actorType: actor.type,
    actorId: line(actor.id, ID_LENGTH),
    actorName: line(actor.displayName, NAME_LENGTH),
    sessionId: actor.type === 'user' ? actor.sessionId : null,
    tenantId: entry.tenantId,
    targetType: line(entry.target?.type, NAME_LENGTH),
    targetId: line(entry.target?.id, ID_LENGTH),
    targetName: line(entry.target?.displayName, NAME_LENGTH),
    sourceAddress: line(source?.sourceAddress, NAME_LENGTH),
    userAgent: line(source?.userAgent, TEXT_LENGTH),
    requestId: line(source?.requestId, NAME_LENGTH),
    traceId: line(source?.traceId, NAME_LENGTH),
    sealedStates: null,
  };
}

/** Most texts are: nothing in them is to be masked, replaced or cut. */
function isPlainLine(text: string, limit: number): boolean {
  return text.length <= limit && PRINTABLE_ASCII.test(text) && !isSuspicious(text);
}

function maskedStates({ before, after }: AuditEntry, fingerprint: Fingerprint): string | null {
  if (before === undefined && after === undefined) return null;
  const textOf = (state: AuditEntry['before']) => (state === undefined ? null : maskedText(state, fingerprint));
  return statesText(textOf(before), textOf(after));
}
