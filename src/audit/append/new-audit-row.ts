import type { KeyRing } from '../../crypto/key-ring.js';
import { currentContext } from '../../kernel/context/request-context.js';
import { newId } from '../../kernel/ids/ids.js';
import type { AuditActor, AuditEntry } from '../audit.types.js';
import { statesText } from '../log/canonical-record.js';
import { statesPlace } from '../log/states-place.js';
import { type Fingerprint, maskedLine, maskedText } from '../mask-secrets.js';
import { singleLine } from '../single-line.js';
import type { NewAuditRow } from './audit-append.repository.js';
import { retentionClassOf } from './retention-class.js';

const NAME_LENGTH = 256;
const ID_LENGTH = 512;
const TEXT_LENGTH = 1024;
/** Enough to tell secrets apart, too little to be of use. */
const FINGERPRINT_BYTES = 8;

/** The row of an entry: what others wrote made one line, secrets masked, states sealed, and what is known of the request. */
export async function newAuditRow(keys: KeyRing, actor: AuditActor, entry: AuditEntry): Promise<NewAuditRow> {
  const context = currentContext();
  const id = newId();
  const fingerprint = await fingerprinting(keys);
  const line = (text: string | null | undefined, limit: number) =>
    text === null || text === undefined ? null : singleLine(maskedLine(text, fingerprint), limit);
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
    sourceAddress: line(context?.sourceAddress, NAME_LENGTH),
    userAgent: line(context?.userAgent, TEXT_LENGTH),
    requestId: line(context?.requestId, NAME_LENGTH),
    traceId: line(context?.traceId, NAME_LENGTH),
    sealedStates: await sealedStates(keys, id, entry, fingerprint),
  };
}

async function sealedStates(
  keys: KeyRing,
  id: string,
  entry: AuditEntry,
  fingerprint: Fingerprint,
): Promise<Buffer | null> {
  const text = maskedStates(entry, fingerprint);
  return text === null ? null : keys.seal(Buffer.from(text, 'utf8'), statesPlace(id, entry.tenantId));
}

async function fingerprinting(keys: KeyRing): Promise<Fingerprint> {
  const index = await keys.index('audit.masked');
  return (secret) => `${index.version}.${index.of(secret).toString('hex', 0, FINGERPRINT_BYTES)}`;
}

function maskedStates({ before, after }: AuditEntry, fingerprint: Fingerprint): string | null {
  if (before === undefined && after === undefined) return null;
  const textOf = (state: AuditEntry['before']) => (state === undefined ? null : maskedText(state, fingerprint));
  return statesText(textOf(before), textOf(after));
}
