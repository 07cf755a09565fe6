import { attributeChange } from './attribute-change.js';
import type { AttributableChange } from './attribution.types.js';
import { type DirectoryAuditEvent, parseDirectoryAudit } from './directory-audit-event.js';
import { EventIndex } from './event-index.js';

const SINCE = new Date('2026-03-01T10:00:00Z');
const APP = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function event(
  id: string,
  activity: string,
  target: string,
  part: { act?: string; by?: object; mentions?: string } = {},
): DirectoryAuditEvent {
  const parsed = parseDirectoryAudit({
    id,
    activityDisplayName: activity,
    activityDateTime: '2026-03-01T10:01:00Z',
    correlationId: part.act ?? id,
    initiatedBy: { user: { id: 'alice' }, ...part.by },
    targetResources: [
      {
        id: target,
        modifiedProperties:
          part.mentions === undefined
            ? []
            : [{ displayName: 'Role.ObjectID', oldValue: null, newValue: `"${part.mentions}"` }],
      },
    ],
  });
  if (parsed === null) throw new Error('the event was dropped');
  return parsed;
}

const change = (part: Partial<AttributableChange>): AttributableChange => ({
  resourceType: 'application',
  resourceKey: APP(1),
  changeType: 'modified',
  path: '/displayName',
  before: 'a',
  after: 'b',
  modifiedAt: null,
  since: SINCE,
  ...part,
});

describe('the events that a change is held against', () => {
  const byApp = { user: null, app: { servicePrincipalId: 'pim' } };
  const events = [
    ...Array.from({ length: 50 }, (_unused, n) => event(`e${n}`, 'Update application', APP(n))),
    event('mentioned', 'Update application', 'elsewhere', { mentions: APP(1).toUpperCase() }),
    event('by-app', 'Update application', APP(60), { act: 'act', by: byApp }),
    event('person', 'Add member to role requested', 'nobody', { act: 'act' }),
    event('policy', 'Update authorization policy', 'some-id'),
  ];
  const index = new EventIndex(events);

  it('are those that name its object, with what belongs to the same acts, and no others', () => {
    expect(index.candidates(change({})).map(({ id }) => id)).toEqual(['e1', 'mentioned']);
    expect(index.candidates(change({ resourceKey: APP(60) })).map(({ id }) => id)).toEqual(['by-app', 'person']);
  });

  it('are those of a fitting activity where a tenant has one object of the kind', () => {
    const only = change({ resourceType: 'authorizationPolicy', resourceKey: 'authorizationPolicy' });
    expect(index.candidates(only).map(({ id }) => id)).toEqual(['policy']);
  });

  it('lead to the verdict that all events lead to', () => {
    for (let n = 0; n < 62; n++) {
      const one = change({ resourceKey: APP(n) });
      expect(attributeChange(one, index.candidates(one))).toEqual(attributeChange(one, events));
    }
    expect(attributeChange(change({ resourceKey: APP(60) }), events).actor?.id).toBe('alice');
  });
});
