import type { Json, JsonObject } from '../../crypto/canonical-json.js';

/** The object's own member, so that names such as `constructor` and `__proto__` never reach Object.prototype. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Sets a member under any name; plain assignment to `__proto__` would change the prototype instead. */
export function setMember(target: JsonObject, name: string, value: Json): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[name] = value;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member as a string, or null when it is missing, empty or something else. */
export function text(value: Json | undefined, name: string): string | null {
  const found = member(value, name);
  return typeof found === 'string' && found !== '' ? found : null;
}

/** The value at a JSON Pointer, or undefined where the path leads nowhere. */
export function at(value: Json | undefined, pointer: string): Json | undefined {
  let here = value;
  for (const token of tokensOf(pointer)) {
    if (Array.isArray(here)) here = here[Number(token)];
    else here = member(here, token);
    if (here === undefined) return undefined;
  }
  return here;
}

/** The strings of a set at a pointer; empty when there is none. A single string counts as a set of one. */
export function stringsAt(value: Json | undefined, pointer: string): string[] {
  const found = at(value, pointer);
  if (typeof found === 'string') return [found];
  return Array.isArray(found) ? found.filter((element) => typeof element === 'string') : [];
}

/** RFC 6901 4: the tokens of a pointer, unescaped. */
export function tokensOf(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 6901 3: a pointer one level deeper. */
export function join(pointer: string, token: string): string {
  return `${pointer}/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
