import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The schema files of OCSF 1.8.0 as its project publishes them. */
export const OCSF_FOLDER = process.env['OCSF_SCHEMA'] ?? '/work/shared/data/ocsf-1.8.0';
export const hasOcsfSchema = existsSync(join(OCSF_FOLDER, 'dictionary.json'));

interface Attribute {
  type?: string;
  is_array?: boolean;
  requirement?: string;
  /** null: known whether or not the profile is applied. */
  profile?: string | null;
  enum?: Record<string, { caption?: string }>;
  sibling?: string;
  observable?: number;
  '@deprecated'?: { since: string };
}
type Attributes = Record<string, Attribute>;
interface Definition {
  name: string;
  uid?: number;
  category?: string;
  extends?: string;
  observable?: number;
  '@deprecated'?: { since: string };
  attributes: Attributes & { $include?: string[] };
  constraints?: { at_least_one?: string[]; just_one?: string[] };
}
interface ValueType {
  type?: string;
  regex?: string;
  max_len?: number;
  range?: [number, number];
  observable?: number;
}
/** An event class or an object, everything inherited put in. */
interface Resolved {
  attributes: Attributes;
  constraints: NonNullable<Definition['constraints']>;
  deprecated: boolean;
}

type Json = Record<string, unknown>;

/** Judges events by the schema files alone; knows nothing of what makes them. */
export class OcsfSchema {
  private readonly classes = new Map<string, Definition>();
  private readonly objects = new Map<string, Definition>();
  private readonly dictionary: { attributes: Attributes; types: { attributes: Record<string, ValueType> } };
  private readonly categories: { attributes: Record<string, { uid: number }> };
  private readonly observables = new Set<number>();

  constructor(private readonly folder = OCSF_FOLDER) {
    this.dictionary = this.read('dictionary.json');
    this.categories = this.read('categories.json');
    this.load('events', this.classes);
    this.load('objects', this.objects);
    for (const { observable } of Object.values(this.dictionary.types.attributes))
      if (observable !== undefined) this.observables.add(observable);
    for (const { observable, attributes } of this.objects.values()) {
      if (observable !== undefined) this.observables.add(observable);
      for (const attribute of Object.values(attributes as Attributes))
        if (attribute.observable !== undefined) this.observables.add(attribute.observable);
    }
  }

  /** Everything that is wrong with an event, each with its path; empty for a valid one. */
  faultsOf(event: Json): string[] {
    const found = [...this.classes.values()].find((definition) => this.classUid(definition) === event['class_uid']);
    if (found === undefined) return [`class_uid: no class ${String(event['class_uid'])}`];
    const faults: string[] = [];
    const resolved = this.resolve(found, this.classes);
    if (resolved.deprecated) faults.push(`class_uid: ${found.name} is deprecated`);
    const category = this.categories.attributes[this.categoryOf(found)]?.uid ?? 0;
    if (event['category_uid'] !== category) faults.push(`category_uid: ${found.name} is in ${category}`);
    if (event['type_uid'] !== Number(event['class_uid']) * 100 + Number(event['activity_id']))
      faults.push('type_uid: is not class_uid * 100 + activity_id');
    const profiles = ((event['metadata'] as Json | undefined)?.['profiles'] ?? []) as string[];
    this.check(event, resolved, '', new Set(profiles), faults);
    return faults;
  }

  private check(value: Json, resolved: Resolved, path: string, profiles: Set<string>, faults: string[]): void {
    const { attributes, constraints } = resolved;
    for (const [name, attribute] of Object.entries(attributes)) {
      const applies = attribute.profile === undefined || attribute.profile === null || profiles.has(attribute.profile);
      if (value[name] === undefined) {
        if (attribute.requirement === 'required' && applies) faults.push(`${path}${name}: is required`);
      } else if (!applies) {
        faults.push(`${path}${name}: needs the profile ${attribute.profile}`);
      }
    }
    for (const [name, member] of Object.entries(value)) {
      const attribute = attributes[name];
      if (attribute === undefined) faults.push(`${path}${name}: unknown attribute`);
      else this.checkAttribute(name, attribute, member, value, path, profiles, faults);
    }
    const { at_least_one: some, just_one: one } = constraints;
    if (some !== undefined && !some.some((name) => value[name] !== undefined))
      faults.push(`${path}: needs one of ${some.join(', ')}`);
    if (one !== undefined && one.filter((name) => value[name] !== undefined).length !== 1)
      faults.push(`${path}: needs exactly one of ${one.join(', ')}`);
  }

  private checkAttribute(
    name: string,
    attribute: Attribute,
    member: unknown,
    owner: Json,
    path: string,
    profiles: Set<string>,
    faults: string[],
  ): void {
    const at = `${path}${name}`;
    if (attribute['@deprecated'] !== undefined) faults.push(`${at}: is deprecated`);
    if (attribute.is_array === true && !Array.isArray(member)) {
      faults.push(`${at}: must be an array`);
      return;
    }
    const members = attribute.is_array === true ? (member as unknown[]) : [member];
    for (const [index, one] of members.entries()) {
      const place = attribute.is_array === true ? `${at}[${index}]` : at;
      this.checkType(attribute, one, place, profiles, faults);
      this.checkEnum(name, attribute, one, owner, place, faults);
    }
  }

  private checkType(attribute: Attribute, value: unknown, at: string, profiles: Set<string>, faults: string[]): void {
    const type = attribute.type ?? '';
    const scalar = this.dictionary.types.attributes[type];
    if (scalar !== undefined) {
      this.checkScalar(type, value, at, faults);
      return;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      faults.push(`${at}: must be an object`);
      return;
    }
    // `object` is any object.
    if (type === 'object') return;
    const definition = this.objects.get(type);
    if (definition === undefined) faults.push(`${at}: the schema has no type ${type}`);
    else this.check(value as Json, this.resolve(definition, this.objects), `${at}.`, profiles, faults);
  }

  private checkScalar(type: string, value: unknown, at: string, faults: string[]): void {
    for (let name: string | undefined = type; name !== undefined; ) {
      const { type: base, regex, max_len, range }: ValueType = this.dictionary.types.attributes[name] ?? {};
      if (name === 'string_t' && (typeof value !== 'string' || value === '')) faults.push(`${at}: must be a text`);
      if ((name === 'integer_t' || name === 'long_t') && !Number.isSafeInteger(value))
        faults.push(`${at}: must be an integer`);
      if (name === 'float_t' && typeof value !== 'number') faults.push(`${at}: must be a number`);
      if (name === 'boolean_t' && typeof value !== 'boolean') faults.push(`${at}: must be a boolean`);
      if (regex !== undefined && !new RegExp(regex).test(String(value))) faults.push(`${at}: is no ${name}`);
      if (max_len !== undefined && String(value).length > max_len) faults.push(`${at}: is longer than ${max_len}`);
      if (range !== undefined && (Number(value) < range[0] || Number(value) > range[1]))
        faults.push(`${at}: is out of range`);
      name = base;
    }
  }

  private checkEnum(
    name: string,
    attribute: Attribute,
    value: unknown,
    owner: Json,
    at: string,
    faults: string[],
  ): void {
    if (['class_uid', 'category_uid', 'type_uid'].includes(name) || attribute.enum === undefined) return;
    const known = attribute.enum[String(value)];
    const isObservable = at.startsWith('observables[') && this.observables.has(Number(value));
    if (known === undefined && !isObservable) {
      faults.push(`${at}: ${String(value)} is not one of its values`);
      return;
    }
    const sibling = attribute.sibling === undefined ? undefined : owner[attribute.sibling];
    if (value === 99 && attribute.sibling !== undefined && name === 'activity_id' && sibling === undefined)
      faults.push(`${at}: another activity must have a name`);
    if (sibling !== undefined && value !== 99 && known?.caption !== undefined && sibling !== known.caption)
      faults.push(`${attribute.sibling}: ${String(sibling)} is not ${known.caption}`);
  }

  private resolve(definition: Definition, among: Map<string, Definition>): Resolved {
    const parent = definition.extends === undefined ? undefined : among.get(definition.extends);
    if (definition.extends !== undefined && parent === undefined) throw new Error(`no ${definition.extends}`);
    const inherited = parent === undefined ? undefined : this.resolve(parent, among);
    const attributes: Attributes = { ...inherited?.attributes };
    const { $include = [], ...own } = definition.attributes;
    for (const file of $include) {
      const profile = this.read<Definition & { meta?: string }>(file);
      for (const [name, attribute] of Object.entries(profile.attributes as Attributes))
        attributes[name] = this.merge(name, attributes[name], { ...attribute, profile: profile.name });
    }
    for (const [name, attribute] of Object.entries(own as Attributes))
      attributes[name] = this.merge(name, attributes[name], attribute);
    return {
      attributes,
      constraints: definition.constraints ?? inherited?.constraints ?? {},
      deprecated: definition['@deprecated'] !== undefined,
    };
  }

  private merge(name: string, before: Attribute | undefined, own: Attribute): Attribute {
    const base = before ?? this.dictionary.attributes[name] ?? {};
    const enumeration =
      base.enum === undefined && own.enum === undefined ? {} : { enum: { ...base.enum, ...own.enum } };
    return { ...base, ...own, ...enumeration };
  }

  private classUid(definition: Definition): number {
    return (this.categories.attributes[this.categoryOf(definition)]?.uid ?? 0) * 1000 + (definition.uid ?? 0);
  }

  private categoryOf(definition: Definition): string {
    for (let one: Definition | undefined = definition; one !== undefined; one = this.classes.get(one.extends ?? ''))
      if (one.category !== undefined) return one.category;
    return 'other';
  }

  private load(folder: string, into: Map<string, Definition>): void {
    for (const entry of readdirSync(join(this.folder, folder), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.json')) continue;
      const definition = this.read<Definition>(join(folder, entry));
      into.set(definition.name, definition);
    }
  }

  private read<T>(file: string): T {
    return JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as T;
  }
}
