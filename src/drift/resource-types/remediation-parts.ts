import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, text } from '../normalise/json-members.js';
import type { ByHand, PartWay, RemediedObject, RequestDraft } from './remediation-way.types.js';

/**
 * Text as one segment of a path. The apostrophe, which encodeURIComponent keeps, would end a string of OData.
 *
 * @throws RangeError for what no spelling makes a segment: nothing, `.` and `..`
 */
export function segment(id: string): string {
  if (id === '' || id === '.' || id === '..') throw new RangeError('the id is no segment of a path');
  return encodeURIComponent(id.toWellFormed()).replaceAll("'", '%27');
}

/** Text as a string of OData inside an address (OData 4.01 ABNF: an apostrophe is doubled). */
export function odataString(value: string): string {
  return `'${encodeURIComponent(value.toWellFormed()).replaceAll("'", '%27%27')}'`;
}

export function byHand(place: string, why: string): ByHand {
  return { kind: 'byHand', place, why };
}

/**
 * A list of directory objects that is changed by references: members, owners.
 *
 * @param ruled why nobody can write the list of such an object; null where one can
 */
export function references(
  list: string,
  permission: string,
  ruled: (value: JsonObject) => string | null = () => null,
): PartWay {
  const add = (object: RemediedObject, id: string): RequestDraft => ({
    method: 'POST',
    path: `${object.address}/${list}/$ref`,
    body: { '@odata.id': `${object.graphRoot}/directoryObjects/${segment(id)}` },
    permission,
  });
  return {
    path: `/${list}`,
    restore: ({ object, tokens, before, after }) => {
      const why = ruled(object.value);
      if (why !== null) return { byHand: why };
      const id = text(before ?? after, 'id') ?? tokens[1] ?? '';
      if (before !== null) return [add(object, id)];
      return [{ method: 'DELETE', path: `${object.address}/${list}/${segment(id)}/$ref`, permission }];
    },
    afterCreation: (object, value) => (ruled(object.value) === null ? idsOf(value).map((id) => add(object, id)) : []),
  };
}

function idsOf(keyed: Json): string[] {
  return Object.values(isObject(keyed) ? keyed : {}).flatMap((element) => text(element, 'id') ?? []);
}

/** Client secrets: what was added can be taken away, and nobody has the text of what was taken away. */
export const PASSWORDS: PartWay = {
  path: '/passwordCredentials',
  restore: ({ object, tokens, before, after }) => {
    const keyId = text(after, 'keyId') ?? tokens[1] ?? '';
    if (before === null && tokens.length === 2)
      return [{ method: 'POST', path: `${object.address}/removePassword`, body: { keyId } }];
    return {
      byHand: 'The text of a client secret exists nowhere. Add a new one and give it to whoever used the old one.',
    };
  },
};

/** Certificates: their public key isn't kept, so one that went can't be brought back from here. */
export const CERTIFICATES: PartWay = {
  path: '/keyCredentials',
  restore: ({ object, tokens, before }) => {
    if (before === null && tokens.length === 2)
      return [
        { method: 'PATCH', path: object.address, body: { keyCredentials: object.graph['keyCredentials'] ?? [] } },
      ];
    return { byHand: 'The certificate itself is not part of a snapshot. Upload it again from where its key is kept.' };
  },
};

/** App roles and scopes: Graph refuses to delete one that is enabled, so one that came is disabled first. */
export function disabledBeforeRemoval(path: string): PartWay {
  const names = path.slice(1).split('/');
  const nested = (list: Json): JsonObject =>
    names.reduceRight<Json>((inside, name) => ({ [name]: inside }), list) as JsonObject;
  return {
    path,
    restore: ({ object, tokens, before, after }) => {
      const list = names.reduce<Json | undefined>(
        (here, name) => (isObject(here) ? here[name] : undefined),
        object.graph,
      );
      const wanted = Array.isArray(list) ? list : [];
      const last: RequestDraft = { method: 'PATCH', path: object.address, body: nested(wanted) };
      if (before !== null || tokens.length !== names.length + 1 || !isObject(after)) return [last];
      return [{ ...last, body: nested([...wanted, { ...after, isEnabled: false }]) }, last];
    },
  };
}

/** The same words for all that hold credentials. */
export const CREDENTIAL_LOSSES = [
  'Client secrets and certificates come back only by restoring the deleted object; their text is in no snapshot.',
];

/** An address that many types have: a collection and the id in it. */
export function inCollection(path: string): (id: string) => string {
  return (id) => `${path}/${id}`;
}
