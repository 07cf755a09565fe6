import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, join } from '../normalise/json-members.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { RequestDraft } from '../resource-types/remediation-way.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type ObjectDraft, planObject } from './plan-object.js';
import type {
  PlannedChange,
  PlannedRequest,
  PlanSubject,
  RemediationPlan,
  Substitution,
} from './remediation-plan.types.js';

/** What a plan is made from: the changes, and of the newest snapshot what stands beside them. */
export interface PlanningInput {
  changes: PlannedChange[];
  /** The normal form of an object in the newest snapshot; null where it isn't there. */
  current: (type: ResourceType, key: string) => JsonObject | null;
  /** Names of the objects of these types that hold this id. */
  referrers: (types: ResourceType[], id: string) => string[];
  /** How many objects were looked through, where there are more of them; null or absent when all were. */
  referrersCut?: number | null;
  entraTenantId: string;
  graphRoot: string;
}

/** What others name comes first when it is made, and last when it is taken away. */
const NAMED_BY_OTHERS: ResourceType[] = [
  'domain',
  'user',
  'group',
  'administrativeUnit',
  'application',
  'servicePrincipal',
  'roleDefinition',
  'namedLocation',
  'authenticationStrengthPolicy',
  'authenticationContextClassReference',
  'permissionGrantPolicy',
];
const BETA = '/beta/';
const SHOWN_REFERRERS = 20;

/** What an earlier request makes under a new id, and which types name it by the old one. */
interface Made {
  key: string;
  gives: string;
  by: ResourceType[];
}

/** Everything that brings these changes back to the baseline, in the order in which it has to be done. Pure. */
export function planRemediation(input: PlanningInput): RemediationPlan {
  const plan: RemediationPlan = { requests: [], byHand: [], notes: [], permissions: [] };
  const groups = [...groupsOf(input.changes)].map((group) => ({ group, ...subjectOf(group) }));
  const made: Made[] = [];
  for (const { group, subject, first } of groups.sort((a, b) => placeOf(a.first) - placeOf(b.first))) {
    const definition = RESOURCE_TYPE_CATALOGUE[subject.resourceType];
    const { remediation } = definition;
    const { place } = remediation;
    if (remediation.kind === 'byHand' || first.matchedBy === 'name') {
      const why = remediation.kind === 'byHand' ? remediation.why : 'The object is known by its name only.';
      plan.byHand.push({ ...subject, place, why });
      continue;
    }
    const { resourceType, resourceKey: key } = subject;
    const draft = planObject({
      definition,
      way: remediation,
      key,
      changes: group,
      current: input.current(resourceType, key),
      entraTenantId: input.entraTenantId,
      graphRoot: input.graphRoot,
    });
    const gives = draft.requests.some((one) => one.draft.gives !== undefined) ? `new${made.length + 1}` : null;
    const named = new Map(
      made.filter(({ by }) => by.includes(resourceType)).map(({ key: old, gives: name }) => [old, name]),
    );
    append(plan, subject, place, draft, { gives, named, permission: remediation.permission });
    const by = remediation.referredBy ?? [];
    const isGoing = first.changeType === 'added' && draft.requests.length > 0;
    if (gives === null && !isGoing) continue;
    if (gives !== null) made.push({ key, gives, by });
    const referrers = input.referrers(by, key);
    const what = isGoing
      ? 'These name it and are left without it'
      : 'These name the old id and have to name the new one';
    if (referrers.length > 0) plan.notes.push({ ...subject, text: namedBy(what, referrers) });
    if (by.length > 0 && input.referrersCut != null)
      plan.notes.push({
        ...subject,
        text: `Only ${input.referrersCut} objects were looked through for this id; others may name it.`,
      });
  }
  plan.permissions = [...new Set(plan.requests.map(({ permission }) => permission))].sort();
  return plan;
}

function append(
  plan: RemediationPlan,
  subject: PlanSubject,
  place: string,
  draft: ObjectDraft,
  about: { gives: string | null; named: ReadonlyMap<string, string>; permission: string },
): void {
  for (const { draft: request, changeIds, does } of draft.requests) {
    plan.requests.push({
      ...subject,
      changeIds,
      number: plan.requests.length + 1,
      does,
      ...addressed(request, about.gives),
      method: request.method,
      body: request.body ?? null,
      lookups: request.lookups ?? [],
      substitutions: substitutionsIn(request.body ?? null, about.named),
      gives: request.gives === undefined ? null : about.gives,
      permission: request.permission ?? about.permission,
    });
  }
  const told = new Set([...draft.requests, ...draft.byHand, ...draft.notes].flatMap(({ changeIds }) => changeIds));
  const untold = subject.changeIds.filter((id) => !told.has(id));
  // No change of a plan is passed over in silence.
  if (untold.length > 0) plan.byHand.push({ ...subject, changeIds: untold, place, why: 'There is no request for it.' });
  for (const { changeIds, why } of draft.byHand) plan.byHand.push({ ...subject, changeIds, place, why });
  for (const { changeIds, text } of draft.notes) plan.notes.push({ ...subject, changeIds, text });
}

function addressed({ path }: RequestDraft, gives: string | null): Pick<PlannedRequest, 'version' | 'path'> {
  const isBeta = path.startsWith(BETA);
  const below = isBeta ? path.slice(BETA.length - 1) : path;
  return { version: isBeta ? 'beta' : 'v1.0', path: gives === null ? below : below.replaceAll('{new}', `{${gives}}`) };
}

/** Where a body names what an earlier request makes anew. */
function substitutionsIn(body: Json, named: ReadonlyMap<string, string>, pointer = ''): Substitution[] {
  if (named.size === 0) return [];
  if (typeof body === 'string') {
    const name = named.get(body);
    return name === undefined ? [] : [{ pointer, name }];
  }
  if (Array.isArray(body))
    return body.flatMap((element, i) => substitutionsIn(element, named, join(pointer, String(i))));
  if (!isObject(body)) return [];
  return Object.entries(body).flatMap(([name, content]) => substitutionsIn(content, named, join(pointer, name)));
}

function groupsOf(changes: PlannedChange[]): Iterable<PlannedChange[]> {
  const groups = new Map<string, PlannedChange[]>();
  for (const change of changes) {
    const key = `${change.resourceType} ${change.resourceKey}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return groups.values();
}

function subjectOf(group: PlannedChange[]): { subject: PlanSubject; first: PlannedChange } {
  const [first] = group;
  if (first === undefined) throw new Error('a group of changes without a change');
  const { resourceType, resourceKey, displayName } = first;
  return { subject: { resourceType, resourceKey, displayName, changeIds: group.map(({ id }) => id) }, first };
}

/** First what has to be there, then what is changed, last what has to go. */
function placeOf({ changeType, resourceType }: PlannedChange): number {
  const named = NAMED_BY_OTHERS.indexOf(resourceType);
  if (changeType === 'removed') return named === -1 ? 100 : named;
  return changeType === 'modified' ? 200 : 400 - (named === -1 ? 100 : named);
}

function namedBy(what: string, referrers: string[]): string {
  const shown = referrers.slice(0, SHOWN_REFERRERS).map((name) => JSON.stringify(name));
  const more = referrers.length > shown.length ? ` and ${referrers.length - shown.length} more` : '';
  return `${what}: ${shown.join(', ')}${more}.`;
}
