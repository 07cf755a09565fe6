import type { JsonObject } from '../../crypto/canonical-json.js';
import { at, isObject, tokensOf } from '../normalise/json-members.js';
import { isCovered } from '../normalise/path-patterns.js';
import { segment } from '../resource-types/remediation-parts.js';
import type {
  PartAnswer,
  RemediedObject,
  RequestDraft,
  ThroughGraph,
  Unplaced,
} from '../resource-types/remediation-way.types.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { graphForm } from './graph-form.js';
import type { PlannedChange } from './remediation-plan.types.js';
import { creationBody, isReadOnly, updateBody, withoutReadOnly } from './request-body.js';
import { restoredValue } from './restored-value.js';

/** What restores one object, before it has its place among the others. */
export interface ObjectDraft {
  requests: { draft: RequestDraft; changeIds: string[]; does: string }[];
  byHand: { changeIds: string[]; why: string }[];
  notes: { changeIds: string[]; text: string }[];
}

export interface ObjectToPlan {
  definition: ResourceTypeDefinition;
  way: ThroughGraph;
  key: string;
  /** Either one change of the whole object, or any number within it. */
  changes: PlannedChange[];
  /** The object in the newest snapshot; null where it isn't there. */
  current: JsonObject | null;
  entraTenantId: string;
  graphRoot: string;
}

const RESTORED_FOR_DAYS = 30;

/** The requests that bring one object back. Pure. */
export function planObject(plan: ObjectToPlan): ObjectDraft {
  const [first] = plan.changes;
  if (first === undefined) return empty();
  try {
    if (first.changeType === 'added') return removal(plan, first);
    if (first.changeType === 'removed') return creation(plan, first);
    return alteration(plan);
  } catch (error) {
    // An id that can't stand in an address.
    if (error instanceof RangeError) return onlyByHand(plan.changes, `There is no request for it: ${error.message}.`);
    throw error;
  }
}

function removal(plan: ObjectToPlan, change: PlannedChange): ObjectDraft {
  const { way } = plan;
  const object = placed(plan, isObject(change.after) ? change.after : {});
  const elsewhere = way.masteredElsewhere?.(object.value) ?? null;
  if (elsewhere !== null) return onlyByHand(plan.changes, elsewhere);
  if (way.ask !== undefined) return asked(plan, way.ask(object, 'take'), 'Takes it away');
  const may = way.remove(object);
  if (may !== true) return onlyByHand(plan.changes, may);
  const drafts = [...(way.beforeRemoval?.(object) ?? []), { method: 'DELETE', path: object.address } as const];
  const out = requestsOf(plan, drafts, 'Takes it away');
  if (way.restorable)
    out.notes.push(noteOn(plan.changes, `It can be restored for ${RESTORED_FOR_DAYS} days after it is deleted.`));
  return out;
}

function creation(plan: ObjectToPlan, change: PlannedChange): ObjectDraft {
  const { way, key } = plan;
  const value = isObject(change.before) ? change.before : {};
  const object = placed(plan, value);
  const elsewhere = way.masteredElsewhere?.(value) ?? null;
  if (elsewhere !== null) return onlyByHand(plan.changes, elsewhere);
  if (way.ask !== undefined) return asked(plan, way.ask(object, 'give'), 'Gives it again');
  if (way.restorable) {
    const draft: RequestDraft = { method: 'POST', path: `/directory/deletedItems/${segment(key)}/restore`, body: {} };
    const out = requestsOf(plan, [draft], 'Restores it from the deleted objects');
    out.notes.push(
      noteOn(
        plan.changes,
        `It comes back as it was when it was deleted. Graph keeps it for ${RESTORED_FOR_DAYS} days; after that, or when it was deleted for good, it can only be made anew by hand, with a new id.`,
      ),
    );
    return out;
  }
  if (way.create === undefined) return onlyByHand(plan.changes, way.createdByHand ?? 'Graph offers no way to make it.');
  return madeAnew(plan, object);
}

function madeAnew(plan: ObjectToPlan, object: RemediedObject): ObjectDraft {
  const { way, key, changes } = plan;
  const { create } = way;
  if (create === undefined) return empty();
  const separate = (way.parts ?? []).filter(({ afterCreation }) => afterCreation !== undefined);
  const body = creationBody(
    way,
    object,
    separate.map(({ path }) => path),
  );
  // What is known by a tuple is the same whatever id Graph gives it.
  const hasNewId = create.keyMember === undefined && way.lookup === undefined;
  const made: RequestDraft = { method: 'POST', path: create.path(object), body, ...(hasNewId ? { gives: 'new' } : {}) };
  const there = hasNewId ? { ...object, address: way.address('{new}', object) } : object;
  const rest = separate.flatMap(({ path, afterCreation }) => {
    const value = at(object.value, path);
    return value === undefined ? [] : (afterCreation?.(there, value) ?? []);
  });
  const out = requestsOf(plan, [made, ...rest], 'Makes it again');
  if (hasNewId) out.notes.push(noteOn(changes, `It comes back with a new id in place of ${key}.`));
  for (const loss of way.losses ?? []) out.notes.push(noteOn(changes, loss));
  return out;
}

function alteration(plan: ObjectToPlan): ObjectDraft {
  const { way, changes, current } = plan;
  if (current === null)
    return onlyByHand(
      changes,
      'The object is not in the newest snapshot, so what stands beside the change is unknown.',
    );
  const object = placed(plan, restoredValue(current, changes));
  const elsewhere = way.masteredElsewhere?.(object.value) ?? null;
  if (elsewhere !== null) return onlyByHand(changes, elsewhere);
  if (way.ask !== undefined) return asked(plan, way.ask(object, 'alter'), 'Changes it back');
  const out = empty();
  const own: PlannedChange[] = [];
  for (const change of changes) {
    const part = way.parts?.find(({ path }) => isCovered(change.path, path));
    if (part !== undefined) {
      const { before, after } = change;
      add(out, plan, [change], part.restore({ object, tokens: tokensOf(change.path), before, after }));
    } else if (isReadOnly(way, change.path)) {
      out.byHand.push({ changeIds: [change.id], why: `No request writes ${change.path}.` });
    } else own.push(change);
  }
  if (own.length > 0) writeOwn(out, plan, object, own);
  return out;
}

function writeOwn(out: ObjectDraft, plan: ObjectToPlan, object: RemediedObject, changes: PlannedChange[]): void {
  const { way } = plan;
  const update = way.update === undefined ? { method: 'PATCH' as const } : way.update;
  if (update === null) {
    out.byHand.push(...onlyByHand(changes, 'Graph changes no object of this kind.').byHand);
    return;
  }
  if (update.replaces) {
    add(out, plan, changes, [{ method: 'DELETE', path: object.address }]);
    const path = way.create?.path(object) ?? '';
    const body = withoutReadOnly(way, object.graph);
    add(out, plan, changes, [{ method: 'POST', path, body, lookups: [] }]);
    out.notes.push(
      noteOn(changes, 'Graph has no change of it: it is taken away for a moment and written anew, whole.'),
    );
    return;
  }
  const { body, whole } = updateBody(plan.definition, way, object, changes);
  add(out, plan, changes, [{ method: update.method, path: object.address, body }]);
  for (const place of whole) {
    const what = place === '' ? 'The object is' : `${place} is`;
    out.notes.push(noteOn(changes, `${what} written whole, with what else the newest snapshot has there.`));
  }
}

function placed(plan: ObjectToPlan, value: JsonObject): RemediedObject {
  const { definition, way, key, entraTenantId, graphRoot } = plan;
  const unplaced: Unplaced = { key, value, entraTenantId, graphRoot };
  const plain = graphForm(definition, value);
  const graph = way.toGraph === undefined ? plain : way.toGraph(plain, unplaced);
  const address = way.address(way.lookup === undefined ? segment(key) : '{id}', unplaced);
  return { ...unplaced, graph, address };
}

function asked(plan: ObjectToPlan, answer: RequestDraft[] | PartAnswer, does: string): ObjectDraft {
  const out = empty();
  add(out, plan, plan.changes, answer, does);
  return out;
}

function requestsOf(plan: ObjectToPlan, drafts: RequestDraft[], does: string): ObjectDraft {
  return asked(plan, drafts, does);
}

function add(
  out: ObjectDraft,
  plan: ObjectToPlan,
  changes: PlannedChange[],
  answer: RequestDraft[] | PartAnswer,
  does = 'Writes the value of the baseline',
): void {
  const changeIds = changes.map(({ id }) => id);
  if (!Array.isArray(answer)) {
    if ('byHand' in answer) out.byHand.push({ changeIds, why: answer.byHand });
    else out.notes.push({ changeIds, text: answer.follows });
    return;
  }
  for (const draft of answer) {
    const complete = withLookup(plan, draft);
    const text = JSON.stringify(complete);
    const same = out.requests.find(({ draft: other }) => JSON.stringify(other) === text);
    if (same === undefined) out.requests.push({ draft: complete, changeIds: [...changeIds], does });
    else for (const id of changeIds) same.changeIds.push(id);
  }
}

function withLookup(plan: ObjectToPlan, draft: RequestDraft): RequestDraft {
  const { way, key, changes, current, entraTenantId, graphRoot } = plan;
  if (way.lookup === undefined || draft.lookups !== undefined || !draft.path.includes('{id}')) return draft;
  const [change] = changes;
  const known = change?.changeType === 'added' ? change.after : current;
  const value = isObject(known ?? undefined) ? (known as JsonObject) : {};
  return { ...draft, lookups: [{ name: 'id', ...way.lookup({ key, value, entraTenantId, graphRoot }) }] };
}

function onlyByHand(changes: PlannedChange[], why: string): ObjectDraft {
  return { requests: [], byHand: [{ changeIds: changes.map(({ id }) => id), why }], notes: [] };
}

function noteOn(changes: PlannedChange[], text: string): { changeIds: string[]; text: string } {
  return { changeIds: changes.map(({ id }) => id), text };
}

function empty(): ObjectDraft {
  return { requests: [], byHand: [], notes: [] };
}
