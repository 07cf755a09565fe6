import type { Control } from './control.types.js';

/** Controls of the baseline that no configuration a service can read decides. */
export const MANUAL_CONTROLS: Control[] = [
  manual(
    'MS.AAD.2.2',
    'should',
    'Administrators hear of users of high risk',
    [],
    ['Who is notified of risks can be read in the portal only'],
  ),
  manual(
    'MS.AAD.4.1',
    'shall',
    'Security logs are sent to where they are watched',
    [],
    ['Diagnostic settings belong to Azure Resource Manager, which is not read'],
  ),
  manual(
    'MS.AAD.8.3',
    'should',
    'Guests come from domains with a business reason',
    ['CIS 5.1.6.1'],
    ['Which domains have a reason to be allowed only people know'],
  ),
];

function manual(
  id: string,
  level: Control['level'],
  title: string,
  references: string[],
  [notAutomated]: [string],
): Control {
  return { id, set: 'scuba', level, title, references, versions: [], notAutomated };
}
