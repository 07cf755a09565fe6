import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { HeldObjects } from '../../entra/held-objects.js';
import { isObject, text } from '../normalise/json-members.js';
import type { ChildPlan } from '../resource-types/resource-type.types.js';
import { picked } from './picked.js';

/** Graph shows at most this many of what is expanded, and doesn't say whether there are more. */
const MOST_SHOWN = 20;
/** Held of one list, parents and what stands below them; of more each parent is asked for its own. */
export const SHOWN_LIMITS = { objects: 1_000_000, bytes: 64 * 1_048_576 };

/** What is known of what stands below objects, so that it needn't be asked for. */
export interface KnownBelow {
  /** As Graph lists it or in normal form; null where it has to be asked for. */
  of(child: ChildPlan, parent: string): Json | readonly JsonObject[] | null;
}

/**
 * What stands below the objects of a type, from lists that show it of a page of them at once: ten thousand objects are eleven requests
 * and not ten thousand. Of which there may be more than is shown has to be asked for itself.
 */
export class ShownChildren implements KnownBelow {
  private readonly lists = new Map<string, Map<string, JsonObject[] | null>>();

  /** @throws GraphFault */
  static async read(client: GraphClient, children: readonly ChildPlan[], signal: AbortSignal): Promise<ShownChildren> {
    const shown = new ShownChildren();
    await Promise.all(children.map((child) => shown.readList(client, child, signal)));
    return shown;
  }

  /** Ids of the parents that every list shows, and those that any does. */
  parents(): { all: ReadonlySet<string>; any: ReadonlySet<string> } {
    const [first = new Map<string, unknown>(), ...others] = this.lists.values();
    const any = new Set([first, ...others].flatMap((list) => [...list.keys()]));
    return { all: new Set([...first.keys()].filter((key) => others.every((list) => list.has(key)))), any };
  }

  /** Null where there may be more than is shown, or the parent isn't shown. */
  of({ into }: ChildPlan, parent: string): readonly JsonObject[] | null {
    return this.lists.get(into)?.get(parent) ?? null;
  }

  private async readList(client: GraphClient, child: ChildPlan, signal: AbortSignal): Promise<void> {
    const { shownIn, into, pick } = child;
    if (shownIn === undefined) return;
    const list = new Map<string, JsonObject[] | null>();
    this.lists.set(into, list);
    const held = new HeldObjects(SHOWN_LIMITS).share();
    for await (const page of client.pages(shownIn, signal)) {
      for (const raw of page) {
        const id = text(raw, 'id');
        const below = Object.hasOwn(raw, into) ? raw[into] : undefined;
        if (id === null) continue;
        const isWhole = Array.isArray(below) && below.every(isObject) && below.length < MOST_SHOWN;
        // An object that stands on two pages may have changed in between.
        const shown = isWhole && !list.has(id) ? below.map((one) => picked(one, pick)) : null;
        held.add({ id }, shownIn);
        for (const one of shown ?? []) held.add(one, shownIn);
        list.set(id, shown);
      }
    }
  }
}
