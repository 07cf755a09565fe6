import { readFileSync } from 'node:fs';
import { AppModule } from '../../src/app/app.module.js';
import { auditActionCatalogue } from '../../src/audit/audit.types.js';
import { ocsfEvent } from '../../src/audit/formats/ocsf-event.js';
import { OCSF_MAPPING } from '../../src/audit/formats/ocsf-mapping.js';
import { type AuditRow, statesText } from '../../src/audit/log/canonical-record.js';
import { canonicalJson, type JsonObject } from '../../src/crypto/canonical-json.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { hasOcsfSchema, OcsfSchema } from './ocsf-schema.js';

const PLACE = { leafIndex: 41, leafHash: Buffer.alloc(32, 7) };

/** The application declares every action there is by being loaded. */
const catalogue = (): string[] => (AppModule === undefined ? [] : [...auditActionCatalogue().keys()].sort());

function row(action: string, more: Partial<AuditRow> = {}): AuditRow {
  return {
    id: newId(),
    occurredAt: '2026-11-30T08:00:00.123456Z',
    action,
    outcome: 'success',
    reason: null,
    actorType: 'user',
    actorId: newId(),
    actorName: 'Ada',
    sessionId: newId(),
    tenantId: newId(),
    targetType: 'role',
    targetId: newId(),
    targetName: 'reader',
    sourceAddress: '192.0.2.7',
    userAgent: 'curl/8',
    requestId: newId(),
    traceId: 'a'.repeat(32),
    states: null,
    ...more,
  };
}

function states(before: JsonObject | null, after: JsonObject | null): string | null {
  return statesText(before && canonicalJson(before), after && canonicalJson(after));
}

const NOTHING: Partial<AuditRow> = {
  actorType: 'anonymous',
  actorId: null,
  actorName: null,
  sessionId: null,
  tenantId: null,
  targetType: null,
  targetId: null,
  targetName: null,
  sourceAddress: null,
  userAgent: null,
  requestId: null,
  traceId: null,
};
const SUBJECT = { subject: newId(), subjectDisplayName: 'Grace', role: 'auditor', scope: '/tenants/x' };

/** What a record may be, whatever its action: everything there, nothing there, and what changes the event's class. */
const VARIANTS: Record<string, Partial<AuditRow>> = {
  whole: {},
  bare: NOTHING,
  'by the system': { ...NOTHING, actorType: 'system', actorId: 'drift.scan', actorName: 'drift.scan' },
  'by a program': { actorType: 'service_account', sessionId: null, sourceAddress: '2001:db8::7' },
  'from a network': { ...NOTHING, sourceAddress: '2001:db8::/64', outcome: 'failure', reason: 'auth.token_invalid' },
  'denied on a route': {
    outcome: 'denied',
    reason: 'no',
    targetType: 'route',
    targetId: 'PATCH /users/:id',
    targetName: null,
  },
  'on a user': { targetType: 'user', states: states({ status: 'active' }, { status: 'disabled' }) },
  'on a user again': { targetType: 'user', states: states({ status: 'disabled' }, { status: 'active' }) },
  'on a group': { targetType: 'group', targetName: null, states: states({ members: 1 }, { members: 2 }) },
  'for a user': { states: states(null, { ...SUBJECT, subjectType: 'user' }) },
  'for a group': { states: states({ ...SUBJECT, subjectType: 'group', effect: 'deny' }, null) },
  'for a session': { targetType: 'session', states: states({ userId: newId() }, null) },
  'of a scan': { targetType: 'scan', states: states(null, { trigger: 'schedule', opened: 3, closed: 1 }) },
  counted: { ...NOTHING, states: states(null, { minute: '2026-11-30T08:00:00.000Z', count: 12, reasons: { a: 12 } }) },
};

describe('OCSF', () => {
  const whenSchema = hasOcsfSchema ? it : it.skip;
  const validator = hasOcsfSchema ? new OcsfSchema() : null;
  const faultsOf = (event: JsonObject) =>
    validator?.faultsOf(JSON.parse(JSON.stringify(event)) as Record<string, unknown>);

  it('has a mapping for every action of the catalogue, and none for what is no action', () => {
    expect(Object.keys(OCSF_MAPPING).sort()).toEqual(catalogue());
  });

  it('has a mapping for every action that the contract promises', () => {
    const promised = JSON.parse(readFileSync('docs/contract/audit-events.json', 'utf8')) as Record<string, string>;
    expect(Object.keys(promised).filter((action) => OCSF_MAPPING[action] === undefined)).toEqual([]);
  });

  whenSchema('makes a valid event of every kind of record (needs the schema files of OCSF 1.8.0)', () => {
    const faults: Record<string, string[] | undefined> = {};
    for (const action of catalogue()) {
      for (const [name, variant] of Object.entries(VARIANTS)) {
        for (const place of [null, PLACE]) {
          const found = faultsOf(ocsfEvent(row(action, variant), place));
          if (found?.length !== 0) faults[`${action}, ${name}`] = found;
        }
      }
    }
    expect(faults).toEqual({});
  });

  whenSchema.each<[string, (event: JsonObject) => JsonObject]>([
    ['a required attribute that is missing', ({ severity_id: _, ...event }) => event],
    ['a required attribute of an object that is missing', (event) => ({ ...event, metadata: { version: '1.8.0' } })],
    ['an attribute that the class does not have', (event) => ({ ...event, api: { operation: 'x' } })],
    ['an attribute of a profile that is not applied', (event) => ({ ...event, device: { type_id: 1 } })],
    ['an activity that the class does not have', (event) => ({ ...event, activity_id: 77, type_uid: 300477 })],
    ['a caption that is not the one of its number', (event) => ({ ...event, activity_name: 'Delete' })],
    ['another type_uid', (event) => ({ ...event, type_uid: 600301 })],
    ['another category', (event) => ({ ...event, category_uid: 6 })],
    ['a text for a number', (event) => ({ ...event, time: '2026' })],
    ['null', (event) => ({ ...event, message: null })],
    ['an address that is none', (event) => ({ ...event, src_endpoint: { ip: 'here' } })],
    ['an object without any of what it needs', (event) => ({ ...event, entity: { type: 'role' } })],
    ['one thing where a list belongs', (event) => ({ ...event, observables: { type_id: 2 } })],
    ['a class that there is not', (event) => ({ ...event, class_uid: 3007 })],
  ])('is judged by a validator that finds %s', (_name, forge) => {
    const event = ocsfEvent(row('rbac.role.created'), PLACE);
    expect(faultsOf(event)).toEqual([]);
    expect(faultsOf(forge(event))).not.toEqual([]);
  });

  it('says which record it was made of, where it is sealed, and who did what from where', () => {
    const record = row('rbac.role.created', { states: states(null, { name: 'reader' }) });
    expect(ocsfEvent(record, PLACE)).toMatchObject({
      class_uid: 3004,
      activity_id: 1,
      status_id: 1,
      time: Date.parse('2026-11-30T08:00:00.123Z'),
      metadata: {
        version: '1.8.0',
        uid: record.id,
        sequence: 41,
        event_code: 'rbac.role.created',
        tenant_uid: record.tenantId,
        original_time: record.occurredAt,
      },
      actor: { user: { uid: record.actorId, display_name: 'Ada' }, session: { uid: record.sessionId } },
      src_endpoint: { ip: '192.0.2.7' },
      entity: { uid: record.targetId, type: 'role' },
      unmapped: { after: { name: 'reader' }, leafHash: PLACE.leafHash.toString('base64') },
    });
    expect(ocsfEvent(record, null)['metadata']).not.toHaveProperty('sequence');
  });

  it.each([
    ['denied', 2, 3],
    ['failure', 2, 3],
    ['success', 1, 1],
  ] as const)('tells %s apart', (outcome, status, severity) => {
    const event = ocsfEvent(row('rbac.role.created', { outcome, reason: 'why' }), null);
    expect(event).toMatchObject({
      status_id: status,
      severity_id: severity,
      status_code: outcome,
      status_detail: 'why',
    });
  });

  it('tells an account that was disabled from one that was enabled', () => {
    const event = (variant: string) => ocsfEvent(row('users.user.updated', VARIANTS[variant]), null);
    expect(event('on a user')).toMatchObject({ activity_id: 5, type_uid: 300105 });
    expect(event('on a user again')).toMatchObject({ activity_id: 2, type_uid: 300102 });
  });

  it('gives rights to a group as the class of groups does', () => {
    const event = ocsfEvent(row('rbac.assignment.created', VARIANTS['for a group']), null);
    expect(event).toMatchObject({ class_uid: 3006, group: { uid: SUBJECT.subject }, privileges: ['deny auditor'] });
  });

  whenSchema('passes on an action that it does not know as a call', () => {
    const event = ocsfEvent(row('future.thing.happened'), null);
    expect(event).toMatchObject({
      class_uid: 6003,
      activity_id: 99,
      metadata: { event_code: 'future.thing.happened' },
    });
    expect(faultsOf(event)).toEqual([]);
  });
});
