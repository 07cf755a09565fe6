import type { RoleFacts } from './access-facts.js';

/** A role with everything that it inherits. */
export interface RoleClosure {
  /** roles.id: the role itself first, then its ancestors, each once. */
  roles: string[];
  permissions: Set<string>;
}

/**
 * What a role holds in the end: its own permissions and those of all its ancestors. Unknown roles hold nothing; a cycle, which the
 * service never lets in, ends the walk and not the process.
 *
 * @param roleId roles.id
 */
export function roleClosure(roles: ReadonlyMap<string, RoleFacts>, roleId: string): RoleClosure {
  const closure = new Set([roleId]);
  const permissions = new Set<string>();
  // A set hands out what is added while it is walked.
  for (const id of closure) {
    const role = roles.get(id);
    for (const permission of role?.permissions ?? []) permissions.add(permission);
    for (const parent of role?.parents ?? []) closure.add(parent);
  }
  return { roles: [...closure], permissions };
}
