import type { AttributePath } from './resource-schema.js';

const NAME = /^(?:(urn:[\w.:-]+):)?([A-Za-z$][\w$-]*)(?:\.([A-Za-z$][\w$-]*))?$/i;

/** `userName`, `name.givenName`, `urn:...:User:manager.value`; null for anything else (RFC 7644 3.10). */
export function attributePath(text: string): AttributePath | null {
  const [, urn = null, attribute, sub = null] = NAME.exec(text) ?? [];
  return attribute === undefined ? null : { urn, attribute, sub };
}
