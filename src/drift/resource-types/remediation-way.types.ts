import type { Json, JsonObject } from '../../crypto/canonical-json.js';

/**
 * How an object of a type is brought back to what the baseline holds. Pure data and pure functions; what is planned with them
 * stands in `remediation/`. Paths are those of the normal form, with `*` for any one member. `Name`: the names of types.
 */
export type RemediationWay<Name extends string> = ByHand | ThroughGraph<Name>;

/** Graph offers no way, or none that is safe to hand over. */
export interface ByHand {
  kind: 'byHand';
  /** Where people do it. */
  place: string;
  /** One sentence: why there is no request. */
  why: string;
}

export interface ThroughGraph<Name extends string = string> {
  kind: 'graph';
  /** Where people find it in the Entra admin center. */
  place: string;
  /** Least application permission that writes it. */
  permission: string;
  /** Address of one object, whose id is a path segment already. */
  address: (id: string, object: Unplaced) => string;
  /** How the Graph id is found where the key isn't one; the id is then `{id}`. */
  lookup?: (object: Unplaced) => Omit<Lookup, 'name'>;
  /** Null where Graph offers no change. Absent: PATCH of what drifted. */
  update?: UpdateWay | null;
  /** How a removed object is made again; absent where it can't be. */
  create?: CreateWay;
  /** Words on why a removed object can't be made again, where `create` is absent. */
  createdByHand?: string;
  /** Whether Graph keeps a removed object for 30 days, from where it comes back with its id, members and owners. */
  restorable?: true;
  /** Whether an added object is taken away by DELETE: true, or in words why not. */
  remove: (object: RemediedObject) => true | string;
  /** What has to happen to an added object before it can be taken away. */
  beforeRemoval?: (object: RemediedObject) => RequestDraft[];
  /** Members that no request takes. */
  readOnly?: string[];
  /** The last word on what Graph is sent, such as types of objects that the normal form leaves out. */
  toGraph?: (graph: JsonObject, object: Pick<RemediedObject, 'key' | 'value'>) => JsonObject;
  /** Places of an object that have requests of their own. The first that covers a change has it. */
  parts?: PartWay[];
  /** Requests in place of all of the above, for what is asked for and not written (Privileged Identity Management). */
  ask?: (object: RemediedObject, act: 'give' | 'take' | 'alter') => RequestDraft[] | PartAnswer;
  /** Where whatever only a person of another system can change is decided, such as the synchronised directory; null where it is here. */
  masteredElsewhere?: (value: JsonObject) => string | null;
  /** Types whose objects name this one by its id, and would go on naming the old one. */
  referredBy?: Name[];
  /** Sentences on what making it again doesn't bring back. */
  losses?: string[];
}

export interface UpdateWay {
  method: 'PATCH' | 'PUT';
  /** Members that are written whole even where only a part of them drifted; `''` for the object. */
  whole?: string[];
  /** Graph can't change it: it is taken away and made anew. */
  replaces?: true;
}

export interface CreateWay {
  path: (object: Unplaced) => string;
  /** The member that carries the key, for types whose key the caller gives; absent where Graph makes a new id. */
  keyMember?: string;
  /** Only these members may be sent; all when absent. */
  members?: string[];
}

/** What is known of an object before its address is. */
export interface Unplaced {
  key: string;
  /** Normal form, as it is to be; of an object that is to go, as it is. */
  value: JsonObject;
  entraTenantId: string;
  /** Where objects are named from, such as `https://graph.microsoft.com/v1.0`. */
  graphRoot: string;
}

/** An object as a plan speaks of it. */
export interface RemediedObject extends Unplaced {
  /** Its address; `{name}` in it is what an earlier answer gives. */
  address: string;
  /** `value` as Graph takes it. */
  graph: JsonObject;
}

export interface PartWay {
  /** Pattern: changes at or below it. */
  path: string;
  restore: (change: PartChange) => RequestDraft[] | PartAnswer;
  /** What an object that was made anew still lacks; the value is that at `path` without a `*`. */
  afterCreation?: (object: RemediedObject, value: Json) => RequestDraft[];
}

/** `byHand`: a person has to, and why. `follows`: it comes back with another change, and which. */
export type PartAnswer = { byHand: string } | { follows: string };

export interface PartChange {
  object: RemediedObject;
  /** Tokens of the change's path. */
  tokens: string[];
  before: Json;
  after: Json;
}

export interface RequestDraft {
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the API root, `/beta/…` for the beta version. `{name}` is what the lookup of that name finds. */
  path: string;
  body?: JsonObject;
  lookups?: Lookup[];
  /** Where it isn't the type's. */
  permission?: string;
  /** Name under which later requests know the id that the answer gives. */
  gives?: string;
}

/** An id that has to be read first: the one element of a list whose members are these. */
export interface Lookup {
  name: string;
  path: string;
  /** Expected values by JSON Pointer; a list is compared as a set, null also means missing. */
  where: Record<string, string | boolean | null | string[]>;
  /** The member that is the id. */
  member: string;
}
