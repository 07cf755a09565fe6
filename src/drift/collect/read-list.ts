import { GraphFault } from '../../entra/graph-fault.js';
import type { ChildPlan } from '../resource-types/resource-type.types.js';
import { withChildren } from './read-children.js';
import { NAMING_TYPES } from './read-referenced.js';
import { readSince, UnknownSince } from './read-since.js';
import { noteResources, type PlanOf, type Reading } from './reading.js';
import { ShownChildren } from './shown-children.js';
import type { TypeCollector } from './type-collector.js';

/** What the list of role assignments that every tenant has doesn't tell. */
const ONLY_WITH_LICENCE = ['/endDateTime', '/assignmentType', '/memberType', '/outsidePim'];

/**
 * The objects of a list: what changed since the newest snapshot where that can be known, all of them otherwise.
 *
 * @throws GraphFault
 */
export async function readList(reading: Reading, collector: TypeCollector, plan: PlanOf<'list'>): Promise<void> {
  const { type } = collector.definition;
  const { chain, marks } = reading;
  if (plan.delta === undefined) return readWhole(reading, collector, plan);
  const mark = chain.marks.get(type);
  if (mark !== undefined) {
    try {
      const nextLink = await readSince(reading, collector, plan, mark);
      marks.set(type, { deltaLink: mark.nextLink, nextLink, wholeAt: mark.wholeAt });
      return;
    } catch (error) {
      reading.signal.throwIfAborted();
      if (!(error instanceof GraphFault) && !(error instanceof UnknownSince)) throw error;
    }
  }
  // Before the list, so that what changes while it is read is told again.
  const deltaLink = await latestLink(reading, plan.delta);
  await readWhole(reading, collector, plan);
  if (deltaLink !== null) marks.set(type, { deltaLink, nextLink: deltaLink, wholeAt: chain.takenAt });
}

/** Null where the tenant gives none: the next reading reads everything, too. */
async function latestLink({ client, signal }: Reading, delta: string): Promise<string | null> {
  try {
    const latest = `${delta}${delta.includes('?') ? '&' : '?'}$deltatoken=latest`;
    return await client.delta(latest, () => undefined, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GraphFault) return null;
    throw error;
  }
}

async function readWhole(reading: Reading, collector: TypeCollector, plan: PlanOf<'list'>): Promise<void> {
  try {
    await readPages(reading, collector, plan.path, plan.children);
  } catch (error) {
    const instead = plan.pathWithoutLicence;
    if (instead === undefined || !(error instanceof GraphFault) || error.kind !== 'not_licensed') throw error;
    collector.cannotSay(ONLY_WITH_LICENCE);
    await readPages(reading, collector, instead, plan.children);
  }
}

/** All pages of a list, with what stands below its objects. */
export async function readPages(
  reading: Reading,
  collector: TypeCollector,
  path: string,
  children?: ChildPlan[],
): Promise<void> {
  const { client, signal } = reading;
  if (children === undefined && !NAMING_TYPES.has(collector.definition.type)) {
    for await (const page of client.rawPages(path, signal)) await collector.addPage(page);
    return;
  }
  const shown = await shownChildren(reading, children ?? []);
  for await (const page of client.pages(path, signal)) {
    if (collector.definition.type === 'servicePrincipal') noteResources(reading, page);
    await collector.add(
      children === undefined ? page : await withChildren(client, collector, children, page, signal, shown),
    );
  }
}

/** Null where no list shows them, or it can't be read: then each object is asked for its own. */
async function shownChildren({ client, signal }: Reading, children: ChildPlan[]): Promise<ShownChildren | null> {
  if (!children.some(({ shownIn }) => shownIn !== undefined)) return null;
  try {
    return await ShownChildren.read(client, children, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GraphFault) return null;
    throw error;
  }
}
