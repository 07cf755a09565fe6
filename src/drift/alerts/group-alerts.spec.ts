import { changeSetIdOf } from '../report/change-set-id.js';
import type { Severity } from '../report/drift-report.types.js';
import { groupAlerts, MOST_ACTS_A_REPORT } from './group-alerts.js';

const TENANT = 't';
const ACT = changeSetIdOf(TENANT, { correlationId: 'act' });
const OTHER = changeSetIdOf(TENANT, { correlationId: 'other' });

function change(id: string, act: string | null, severity: Severity = 'high', references: string[] = []) {
  const place = { resourceType: 'group' as const, resourceKey: id };
  const changeSetId = act ?? changeSetIdOf(TENANT, { report: 7, ...place });
  return { id, tenantId: TENANT, firstReport: 7, severity, references, changeSetId, ...place };
}
const shape = (groups: ReturnType<typeof groupAlerts<ReturnType<typeof change>, { id: string }>>) =>
  groups.map(({ changeSetId, changes, controls }) => [
    changeSetId,
    changes.map(({ id }) => id),
    controls.map(({ id }) => id),
  ]);

describe('the messages of a report', () => {
  it('are one an act, the gravest first, and one for what no act explains', () => {
    const groups = groupAlerts(
      [change('1', ACT, 'low'), change('2', null), change('3', OTHER), change('4', ACT, 'medium'), change('5', null)],
      [],
    );
    expect(shape(groups)).toEqual([
      [OTHER, ['3'], []],
      [ACT, ['1', '4'], []],
      [null, ['2', '5'], []],
    ]);
  });

  it('are none without news', () => {
    expect(groupAlerts([], [])).toEqual([]);
  });

  it('tell of a control that fell with the act that refers to it, else with the rest', () => {
    const controls = [{ id: 'MS.AAD.3.2' }, { id: 'MS.AAD.1.1' }];
    const groups = groupAlerts([change('1', ACT, 'critical'), change('2', OTHER, 'low', ['MS.AAD.3.2'])], controls);
    expect(shape(groups)).toEqual([
      [ACT, ['1'], []],
      [OTHER, ['2'], ['MS.AAD.3.2']],
      [null, [], ['MS.AAD.1.1']],
    ]);
  });

  it('are one message where a single act is all that happened', () => {
    expect(shape(groupAlerts([change('1', ACT)], [{ id: 'MS.AAD.1.1' }]))).toEqual([[ACT, ['1'], ['MS.AAD.1.1']]]);
  });

  it('put acts that are all info, and more acts than are read one by one, into one message', () => {
    const acts = Array.from({ length: MOST_ACTS_A_REPORT + 3 }, (_, n) =>
      change(String(n), changeSetIdOf(TENANT, { correlationId: String(n) }), n === 22 ? 'critical' : 'medium'),
    );
    const groups = groupAlerts([change('quiet', ACT, 'info'), ...acts], []);
    expect(groups).toHaveLength(MOST_ACTS_A_REPORT + 1);
    expect(groups[0]?.changes.map(({ id }) => id)).toEqual(['22']);
    const last = groups.at(-1);
    expect(last?.changeSetId).toBeNull();
    expect(last?.changes.map(({ id }) => id)).toContain('quiet');
    expect(groups.flatMap(({ changes }) => changes)).toHaveLength(acts.length + 1);
  });
});
