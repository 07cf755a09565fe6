import { at, text } from '../normalise/json-members.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { Control, ControlFinding, ControlInput } from './control.types.js';
import { evidenceOf, met, notMet } from './findings.js';

const VALIDITY = '/passwordValidityPeriodInDays';

/** MS.AAD.6: passwords that somebody has to change at regular intervals get worse. */
export const DOMAIN_CONTROLS: Control[] = [
  {
    id: 'MS.AAD.6.1',
    set: 'scuba',
    level: 'shall',
    title: 'Passwords do not expire',
    references: ['CIS 1.3.1'],
    versions: [
      {
        version: 1,
        needs: [{ type: 'domain', paths: [VALIDITY, '/isRoot', '/isVerified', '/authenticationType'] }],
        decide: passwordsStay,
      },
    ],
  },
];

function passwordsStay(input: ControlInput): ControlFinding {
  const managed = input
    .objects('domain')
    .filter(({ value }) => at(value, '/isVerified') === true && text(value, 'authenticationType') === 'Managed');
  const roots = managed.filter(isRoot);
  const evidence = (domain: SnapshotObject, finding: string) => evidenceOf(domain, VALIDITY, finding);
  const expiring = managed.filter((domain) => !neverExpires(domain, roots));
  if (managed.length === 0 || expiring.length > 0)
    return notMet(expiring.map((domain) => evidence(domain, 'Passwords of this domain expire')));
  return met(managed.map((domain) => evidence(domain, 'Passwords of this domain do not expire')));
}

/** A domain below another follows its root. The normal form leaves "never" out. */
function neverExpires(domain: SnapshotObject, roots: SnapshotObject[]): boolean {
  if (isRoot(domain)) return at(domain.value, VALIDITY) === undefined;
  const root = roots.find(({ key }) => domain.key.toLowerCase().endsWith(`.${key.toLowerCase()}`));
  return root !== undefined && at(root.value, VALIDITY) === undefined;
}

function isRoot({ value }: SnapshotObject): boolean {
  return at(value, '/isRoot') === true;
}
