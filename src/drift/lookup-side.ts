import type { SnapshotLookup } from './classify/evaluation-context.js';
import type { ResourceType } from './resource-types/resource-type.types.js';
import type { SnapshotObject } from './snapshot/snapshot.types.js';

type Objects = ReadonlyMap<string, SnapshotObject>;

/** One side of a comparison as rules look into it: what they asked for and isn't there is loaded before they are asked again. */
export class LookupSide {
  private readonly types = new Map<ResourceType, { list: readonly SnapshotObject[]; byKey: Objects }>();
  private readonly single = new Map<ResourceType, Map<string, SnapshotObject | undefined>>();
  private readonly wantedTypes = new Set<ResourceType>();
  private readonly wantedKeys = new Map<ResourceType, Set<string>>();

  constructor(
    private readonly objectsOf: (type: ResourceType, keys: string[]) => Promise<Objects>,
    private readonly allOf: (type: ResourceType) => Promise<SnapshotObject[]>,
  ) {}

  /** Anew for each evaluation: facts keep what they computed by the look-up that they were given. */
  lookup(): SnapshotLookup {
    return {
      objects: (type) => {
        const whole = this.types.get(type);
        if (whole === undefined) this.wantedTypes.add(type);
        return whole?.list ?? [];
      },
      find: (type, key) => {
        const whole = this.types.get(type);
        if (whole !== undefined) return whole.byKey.get(key);
        const known = this.single.get(type);
        if (known?.has(key) === true) return known.get(key);
        this.wantedKeys.set(type, (this.wantedKeys.get(type) ?? new Set()).add(key));
        return undefined;
      },
    };
  }

  /** Loads what was asked for; false when there is nothing. */
  async load(): Promise<boolean> {
    const [types, keys] = [[...this.wantedTypes], [...this.wantedKeys]];
    this.wantedTypes.clear();
    this.wantedKeys.clear();
    for (const type of types) {
      const list = await this.allOf(type);
      this.types.set(type, { list, byKey: new Map(list.map((object) => [object.key, object])) });
    }
    for (const [type, wanted] of keys) {
      if (this.types.has(type)) continue;
      const known = this.single.get(type) ?? new Map<string, SnapshotObject | undefined>();
      const found = await this.objectsOf(type, [...wanted]);
      for (const key of wanted) known.set(key, found.get(key));
      this.single.set(type, known);
    }
    return types.length > 0 || keys.length > 0;
  }
}
