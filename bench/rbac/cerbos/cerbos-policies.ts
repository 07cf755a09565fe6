import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closures, type Model } from '../model.js';

/** A permission of ours, `bench/resource-001:read`, as Cerbos has it. */
export function kindAndAction(permission: string): { kind: string; action: string } {
  const at = permission.indexOf(':');
  return { kind: permission.slice(0, at).replace('/', ':'), action: permission.slice(at + 1) };
}

/** Cerbos wants a letter first. */
export function roleName(roleId: string): string {
  return `r-${roleId}`;
}

/** One policy a kind of resource; each action names every role that gives it, inherited or not, so that nothing is left to work out. */
export function writePolicies(folder: string, { roles, permissions }: Model): void {
  const byPermission = new Map<string, string[]>(permissions.map((name) => [name, []]));
  for (const [id, names] of closures(roles)) for (const name of names) byPermission.get(name)?.push(roleName(id));
  const byKind = new Map<string, object[]>();
  for (const [permission, given] of byPermission) {
    const { kind, action } = kindAndAction(permission);
    const rules = byKind.get(kind) ?? [];
    byKind.set(kind, rules);
    if (given.length > 0) rules.push({ actions: [action], effect: 'EFFECT_ALLOW', roles: given });
  }
  for (const [resource, rules] of byKind) {
    const policy = { apiVersion: 'api.cerbos.dev/v1', resourcePolicy: { version: 'default', resource, rules } };
    writeFileSync(join(folder, `${resource.replaceAll(/\W/g, '_')}.json`), JSON.stringify(policy));
  }
}
