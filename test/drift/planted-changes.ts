import { type Actor, userActor } from '../../demo/audit/actor.js';
import type { DemoTenant } from '../../demo/demo-tenant.js';
import { GLOBAL_ADMINISTRATOR } from '../../demo/generate/role-catalogue.js';
import {
  addPassword,
  createApplication,
  deleteApplicationObject,
  removePassword,
  updateApplicationObject,
} from '../../demo/mutations/application-mutations.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { addMember, removeMember } from '../../demo/mutations/directory-mutations.js';
import { updateDomain } from '../../demo/mutations/domain-mutations.js';
import { updateSingleton } from '../../demo/mutations/policy-mutations.js';
import { assignRole, unassignRole } from '../../demo/mutations/role-mutations.js';
import { isJsonObject, type JsonObject, objectsOf, textOf, textsOf } from '../../demo/store/json.types.js';

/** One real change, as the report should tell it. */
export interface PlantedChange {
  resourceType: string;
  resourceKey: string;
  path: string;
  /** Readings that it takes: what isn't grave has to be seen twice where its type flaps. */
  readings: 1 | 2;
}

/**
 * Plants one change after another, each at a place of its own or with a value that the place never had the scan before; the one
 * that a kind planted before is taken back at the same time.
 */
export class Planter {
  private readonly undo = new Map<number, () => void>();
  private readonly actor: Actor;
  private readonly policy: JsonObject;
  private readonly location: JsonObject;
  private readonly apps: JsonObject[];
  private readonly group: string;
  private readonly strangers: string[];

  constructor(private readonly tenant: DemoTenant) {
    const { state, cast, clientId } = tenant;
    this.actor = userActor(state, cast.administratorId);
    this.policy = first([...state.collections.conditionalAccessPolicies.values()].filter(isEnforced));
    this.location = first([...state.collections.namedLocations.values()].filter((row) => 'ipRanges' in row));
    this.apps = [...state.collections.applications.values()].filter((app) => app['appId'] !== clientId);
    this.group = textOf(first([...state.collections.groups.values()].filter((row) => row['isAssignableToRole'])), 'id');
    const taken = JSON.stringify([
      ...state.collections.roleAssignmentScheduleInstances.values(),
      ...(state.groupMembers.get(this.group) ?? []),
    ]);
    this.strangers = cast.memberIds.filter((id) => !taken.includes(id));
  }

  /** Ids of what is changed again and again. */
  get places(): ReadonlySet<string> {
    return new Set([textOf(this.policy, 'id'), textOf(this.location, 'id'), this.app(0), this.app(1), this.group]);
  }

  /** @param round counts up */
  plant(round: number): PlantedChange {
    const kind = round % this.kinds.length;
    const turn = Math.floor(round / this.kinds.length);
    this.undo.get(kind)?.();
    this.undo.delete(kind);
    return first(this.kinds.slice(kind))(turn, kind);
  }

  private readonly kinds: ((turn: number, kind: number) => PlantedChange)[] = [
    (turn) => {
      const users = this.policyUsers();
      const excludeUsers = [...textsOf(users, 'excludeUsers'), this.stranger(turn)];
      this.patchPolicy({ conditions: { users: { excludeUsers } } });
      return this.ofPolicy('/conditions/users/excludeUsers');
    },
    (turn) => {
      const cidrAddress = `10.${turn % 250}.7.0/24`;
      const range = { '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress };
      const id = textOf(this.location, 'id');
      updateConditionalAccessObject(this.tenant.state, this.actor, 'namedLocations', id, {
        ipRanges: [...objectsOf(this.location, 'ipRanges'), range],
      });
      return { resourceType: 'namedLocation', resourceKey: id, path: '/ipRanges', readings: 1 };
    },
    (_turn, kind) => {
      const { state } = this.tenant;
      const id = this.app(0);
      const keyId = textOf(addPassword(state, this.actor, 'applications', id), 'keyId');
      this.undo.set(kind, () => removePassword(state, this.actor, 'applications', id, keyId));
      return { resourceType: 'application', resourceKey: id, path: `/passwordCredentials/${keyId}`, readings: 1 };
    },
    (turn, kind) => {
      const { state } = this.tenant;
      const grant = { principalId: this.stranger(turn), roleDefinitionId: GLOBAL_ADMINISTRATOR };
      assignRole(state, this.actor, grant);
      const held = () =>
        first(
          state.collections.roleAssignmentScheduleInstances
            .where('principalId', grant.principalId)
            .filter((row) => row['roleDefinitionId'] === GLOBAL_ADMINISTRATOR),
        );
      // Its id may be another by then.
      this.undo.set(kind, () => unassignRole(state, this.actor, textOf(held(), 'id')));
      const resourceKey = `${grant.principalId}|${grant.roleDefinitionId}|/|`;
      return { resourceType: 'roleAssignment', resourceKey, path: '', readings: 1 };
    },
    (turn, kind) => {
      const { state } = this.tenant;
      const id = textOf(createApplication(state, this.actor, { displayName: `Tool ${turn}` }), 'id');
      this.undo.set(kind, () => deleteApplicationObject(state, this.actor, 'applications', id));
      return { resourceType: 'application', resourceKey: id, path: '', readings: 2 };
    },
    (turn) => {
      const values = ['everyone', 'adminsGuestInvitersAndAllMembers', 'none', 'adminsAndGuestInviters'];
      const { state } = this.tenant;
      const others = values.filter((value) => value !== this.invitesFrom);
      const allowInvitesFrom = others[turn % others.length] ?? 'everyone';
      updateSingleton(state, this.actor, 'authorizationPolicy', { allowInvitesFrom });
      const resourceKey = textOf(state.singletons.authorizationPolicy, 'id');
      return { resourceType: 'authorizationPolicy', resourceKey, path: '/allowInvitesFrom', readings: 1 };
    },
    (turn, kind) => {
      const { state } = this.tenant;
      const member = this.stranger(turn);
      addMember(state, this.actor, this.group, member);
      this.undo.set(kind, () => removeMember(state, this.actor, this.group, member));
      return { resourceType: 'group', resourceKey: this.group, path: `/members/${member}`, readings: 1 };
    },
    (turn) => {
      const { state } = this.tenant;
      const id = textOf(first([...state.collections.domains.values()]), 'id');
      updateDomain(state, this.actor, id, { passwordValidityPeriodInDays: 30 + turn });
      return { resourceType: 'domain', resourceKey: id, path: '/passwordValidityPeriodInDays', readings: 1 };
    },
    (turn) => {
      const id = this.app(1);
      const uri = `https://tool-${turn}.example/callback`;
      updateApplicationObject(this.tenant.state, this.actor, 'applications', id, { web: { redirectUris: [uri] } });
      return { resourceType: 'application', resourceKey: id, path: '/web/redirectUris', readings: 1 };
    },
  ];

  private get invitesFrom(): string {
    this.invited ??= textOf(this.tenant.state.singletons.authorizationPolicy, 'allowInvitesFrom');
    return this.invited;
  }
  private invited: string | undefined;

  private policyUsers(): JsonObject {
    const conditions = isJsonObject(this.policy['conditions']) ? this.policy['conditions'] : {};
    return isJsonObject(conditions['users']) ? conditions['users'] : {};
  }

  private patchPolicy(patch: JsonObject): void {
    const { state } = this.tenant;
    updateConditionalAccessObject(state, this.actor, 'conditionalAccessPolicies', textOf(this.policy, 'id'), patch);
  }

  private ofPolicy(path: string): PlantedChange {
    return { resourceType: 'conditionalAccessPolicy', resourceKey: textOf(this.policy, 'id'), path, readings: 1 };
  }

  private stranger(turn: number): string {
    return this.strangers[turn % this.strangers.length] ?? '';
  }

  private app(position: number): string {
    return textOf(first(this.apps.slice(position)), 'id');
  }
}

function isEnforced(policy: JsonObject): boolean {
  return policy['state'] === 'enabled';
}

function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error('the tenant has nothing to plant a change in');
  return one;
}
