import type { RoleFacts } from './access-facts.js';

/** A role with everything that it inherits. */
export interface RoleClosure {
  /** roles.id: the role itself and its ancestors, each once. */
  roles: ReadonlySet<string>;
  permissions: ReadonlySet<string>;
}

const known = new WeakMap<ReadonlyMap<string, RoleFacts>, RoleClosures>();

/** What roles hold in the end, each worked out once. They are the roles of one moment: whoever changes the map makes another. */
export class RoleClosures {
  private readonly closures = new Map<string, RoleClosure>();
  private readonly bearers = new Map<string, ReadonlySet<string>>();
  private children: Map<string, string[]> | null = null;

  private constructor(private readonly roles: ReadonlyMap<string, RoleFacts>) {}

  /** The same for the same map, so that whoever is handed the roles shares what was worked out. */
  static in(roles: ReadonlyMap<string, RoleFacts>): RoleClosures {
    let closures = known.get(roles);
    if (closures === undefined) {
      closures = new RoleClosures(roles);
      known.set(roles, closures);
    }
    return closures;
  }

  /**
   * Its own permissions and those of all its ancestors. Unknown roles hold nothing; a cycle, which the service never lets in, ends the
   * walk and not the process.
   *
   * @param roleId roles.id
   */
  of(roleId: string): RoleClosure {
    let closure = this.closures.get(roleId);
    if (closure === undefined) {
      closure = this.walk(roleId);
      this.closures.set(roleId, closure);
    }
    return closure;
  }

  /** roles.id of all that bring a permission, by themselves or by inheritance: found without looking at the others' ancestors. */
  bearing(permission: string): ReadonlySet<string> {
    let bearing = this.bearers.get(permission);
    if (bearing === undefined) {
      const found = new Set<string>();
      for (const role of this.roles.values()) if (role.permissions.includes(permission)) found.add(role.id);
      // A set hands out what is added while it is walked.
      for (const id of found) for (const child of this.childrenOf(id)) found.add(child);
      bearing = found;
      this.bearers.set(permission, bearing);
    }
    return bearing;
  }

  private walk(roleId: string): RoleClosure {
    const roles = new Set([roleId]);
    const permissions = new Set<string>();
    for (const id of roles) {
      const role = this.roles.get(id);
      for (const permission of role?.permissions ?? []) permissions.add(permission);
      for (const parent of role?.parents ?? []) roles.add(parent);
    }
    return { roles, permissions };
  }

  private childrenOf(roleId: string): readonly string[] {
    if (this.children === null) {
      this.children = new Map();
      for (const { id, parents } of this.roles.values()) {
        for (const parent of parents) {
          const siblings = this.children.get(parent);
          if (siblings === undefined) this.children.set(parent, [id]);
          else siblings.push(id);
        }
      }
    }
    return this.children.get(roleId) ?? [];
  }
}
