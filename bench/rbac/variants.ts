import { defineAbility, type MongoAbility } from '@casl/ability';
import { CachedEnforcer, newCachedEnforcer, newModelFromString } from 'casbin';
import type { AccessIndex } from '../../src/rbac/decisions/access-index.js';
import type { Model } from './model.js';
import type { AskedQuestion, Questions } from './questions.js';

/** Something that decides in process. Each has a loop of its own, so that none is compiled for the needs of another. */
export interface Variant {
  name: string;
  /** What it is asked: the same for all. */
  questions: readonly AskedQuestion[];
  decide(question: AskedQuestion): boolean | Promise<boolean>;
  /** Asks all, once. @returns how many were allowed */
  askAll(): number | Promise<number>;
}

export const OURS = 'BlindspotX: scopes, validity, denials';
export const BITSET = 'precomputed bitset behind two map look-ups';
export const CASL = 'CASL, abilities kept';
export const CASBIN = 'casbin CachedEnforcer, hits only';

export function ourVariant(index: AccessIndex, { list }: Questions): Variant {
  return {
    name: OURS,
    questions: list,
    decide: ({ subjectId, permission, scope }) => index.isAllowed(subjectId, permission, scope) === true,
    askAll: () => {
      let allowed = 0;
      for (let nth = 0; nth < list.length; nth++) {
        const question = list[nth] as AskedQuestion; // within its length
        if (index.isAllowed(question.subjectId, question.permission, question.scope) === true) allowed++;
      }
      return allowed;
    },
  };
}

export function bitsetVariant({ permissions }: Model, { list, allowedByKey }: Questions): Variant {
  const numbers = new Map(permissions.map((name, number) => [name, number]));
  const words = Math.ceil(permissions.length / 32);
  const bits = new Map<string, Uint32Array>();
  for (const [key, allowed] of allowedByKey) {
    const set = new Uint32Array(words);
    for (const name of allowed) {
      const number = numbers.get(name) ?? 0;
      set[number >>> 5] = (set[number >>> 5] ?? 0) | (1 << (number & 31));
    }
    bits.set(key, set);
  }
  const decide = (key: string, permission: string): boolean => {
    const set = bits.get(key);
    const number = numbers.get(permission);
    if (set === undefined || number === undefined) return false;
    return (((set[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
  };
  return {
    name: BITSET,
    questions: list,
    decide: ({ key, permission }) => decide(key, permission),
    askAll: () => {
      let allowed = 0;
      for (let nth = 0; nth < list.length; nth++) {
        const question = list[nth] as AskedQuestion; // within its length
        if (decide(question.key, question.permission)) allowed++;
      }
      return allowed;
    },
  };
}

/** An ability a user, or a user on a scope: some 50 kB each. */
export function caslVariant({ permissions }: Model, { list, allowedByKey }: Questions): Variant {
  const parts = new Map(permissions.map((name) => [name, actionAndResource(name)]));
  const abilities = new Map<string, MongoAbility>();
  for (const [key, names] of allowedByKey) {
    const ability = defineAbility((can) => {
      for (const name of names) can(...actionAndResource(name));
    });
    abilities.set(key, ability);
  }
  const decide = (key: string, permission: string): boolean => {
    const [action, resource] = parts.get(permission) ?? ['', ''];
    return abilities.get(key)?.can(action, resource) === true;
  };
  return {
    name: CASL,
    questions: list,
    decide: ({ key, permission }) => decide(key, permission),
    askAll: () => {
      let allowed = 0;
      for (let nth = 0; nth < list.length; nth++) {
        const question = list[nth] as AskedQuestion; // within its length
        if (decide(question.key, question.permission)) allowed++;
      }
      return allowed;
    },
  };
}

const CASBIN_MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`;

/**
 * Every question is a hit of its cache. A whole evaluation takes it milliseconds, so it makes only some of them itself, of users
 * whose assignments all hold everywhere and always; the answers to the others are put into its cache.
 */
export async function casbinVariant(model: Model, { list }: Questions, evaluated: number): Promise<Variant> {
  const enforcer: CachedEnforcer = await newCachedEnforcer(newModelFromString(CASBIN_MODEL));
  await enforcer.addPolicies(
    model.roles.flatMap(({ id, permissions }) =>
      permissions.map((name) => {
        const [action, resource] = actionAndResource(name);
        return [id, resource, action];
      }),
    ),
  );
  await enforcer.addGroupingPolicies([
    ...model.roles.flatMap(({ id, parents }) => parents.map((parent) => [id, parent])),
    ...distinct(
      model.assignments.filter(({ userId }) => !model.mixed.has(userId)).map(({ userId, roleId }) => [userId, roleId]),
    ),
  ]);
  const requests = list.map(({ key, permission }) => [key, ...actionAndResource(permission).reverse()]);
  const byQuestion = new Map(list.map((question, nth) => [question, requests[nth] ?? []]));
  let own = 0;
  for (const [question, request] of byQuestion) {
    const isOwn = own < evaluated && !model.mixed.has(question.subjectId);
    if (isOwn) own++;
    if (isOwn) await enforcer.enforce(...request);
    // What enforce itself does after an evaluation; its own door to the cache is closed.
    else enforcer['setCache'](CachedEnforcer['getCacheKey'](...request), question.allowed);
  }
  return {
    name: CASBIN,
    questions: list,
    decide: (question) => enforcer.enforce(...(byQuestion.get(question) ?? [])),
    askAll: async () => {
      let allowed = 0;
      for (let nth = 0; nth < requests.length; nth++) {
        if (await enforcer.enforce(...(requests[nth] as string[]))) allowed++; // within its length
      }
      return allowed;
    },
  };
}

function actionAndResource(name: string): [action: string, resource: string] {
  const at = name.indexOf(':');
  return [name.slice(at + 1), name.slice(0, at)];
}

function distinct(pairs: string[][]): string[][] {
  return [...new Map(pairs.map((pair) => [pair.join(), pair])).values()];
}
