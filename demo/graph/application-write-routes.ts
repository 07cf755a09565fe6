import {
  addKey,
  addPassword,
  deleteApplicationObject,
  removeKey,
  removePassword,
  updateApplicationObject,
} from '../mutations/application-mutations.js';
import { changeOwners } from '../mutations/directory-mutations.js';
import { type JsonObject, textOf } from '../store/json.types.js';
import type { GraphCall, GraphRoute } from './graph-route.js';
import { done, id, param, referenced, route } from './write-answers.js';

/** Changes of one application or service principal, its credentials included. */
export function applicationWriteRoutes(kind: 'applications' | 'servicePrincipals'): GraphRoute[] {
  const write = (method: GraphRoute['method'], path: string, handle: GraphRoute['handle']) =>
    route(method, `/${kind}/{id}${path}`, 'Application.ReadWrite.All', handle);
  const about = (c: GraphCall, member: string): JsonObject => {
    const value = c.body[member];
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  };
  return [
    write('PATCH', '', (c) => done(updateApplicationObject(c.state, c.actor, kind, id(c), c.body))),
    write('DELETE', '', (c) => done(deleteApplicationObject(c.state, c.actor, kind, id(c)))),
    write('POST', '/addPassword', (c) => ({
      status: 200,
      body: addPassword(c.state, c.actor, kind, id(c), about(c, 'passwordCredential')),
    })),
    write('POST', '/removePassword', (c) =>
      done(removePassword(c.state, c.actor, kind, id(c), textOf(c.body, 'keyId'))),
    ),
    write('POST', '/addKey', (c) => ({
      status: 200,
      body: addKey(c.state, c.actor, kind, id(c), about(c, 'keyCredential')),
    })),
    write('POST', '/removeKey', (c) => done(removeKey(c.state, c.actor, kind, id(c), textOf(c.body, 'keyId')))),
  ];
}

/** Who owns a group, an application or a service principal. */
export function ownerWriteRoutes(
  kind: 'groups' | 'applications' | 'servicePrincipals',
  permission: string,
): GraphRoute[] {
  return [
    route('POST', `/${kind}/{id}/owners/$ref`, permission, (c) =>
      done(changeOwners(c.state, c.actor, id(c), referenced(c), 'Add')),
    ),
    route('DELETE', `/${kind}/{id}/owners/{other}/$ref`, permission, (c) =>
      done(changeOwners(c.state, c.actor, id(c), param(c, 'other'), 'Remove')),
    ),
  ];
}
