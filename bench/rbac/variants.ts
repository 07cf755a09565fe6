import { defineAbility, type MongoAbility } from '@casl/ability';
import { CachedEnforcer, newCachedEnforcer, newModelFromString } from 'casbin';
import type { AccessIndex } from '../../src/rbac/decisions/access-index.js';
import type { Model } from './model.js';
import type { AskedQuestion, Questions } from './questions.js';

/** Something that decides in process. Each has a loop of its own, so that none is compiled for the needs of another. */
export interface Variant {
  name: string;
  /** What it is asked; all, or the few that it has been given time to remember. */
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

/** @param keys so many different users, or users on a scope: an ability takes some 50 kB */
export function caslVariant({ list, allowedByKey }: Questions, keys: number): Variant {
  const abilities = new Map<string, MongoAbility>();
  const questions = list.filter(({ key }) => {
    if (!abilities.has(key) && abilities.size < keys) {
      const names = allowedByKey.get(key) ?? new Set();
      abilities.set(
        key,
        defineAbility((can) => {
          for (const name of names) can(...actionAndResource(name));
        }),
      );
    }
    return abilities.has(key);
  });
  const parts = new Map(questions.map(({ permission }) => [permission, actionAndResource(permission)]));
  const decide = (key: string, permission: string): boolean => {
    const [action, resource] = parts.get(permission) ?? ['', ''];
    return abilities.get(key)?.can(action, resource) === true;
  };
  return {
    name: CASL,
    questions,
    decide: ({ key, permission }) => decide(key, permission),
    askAll: () => {
      let allowed = 0;
      for (const { key, permission } of questions) if (decide(key, permission)) allowed++;
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

/** Its cache is filled with a few questions of ordinary users, each of which takes a whole evaluation; then only hits are asked for. */
export async function casbinVariant(model: Model, { list }: Questions, hot: number): Promise<Variant> {
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
  const hits = list.filter(({ subjectId }) => !model.mixed.has(subjectId)).slice(0, hot);
  const asked = hits.map(({ subjectId, permission }) => [subjectId, ...actionAndResource(permission).reverse()]);
  for (const request of asked) await enforcer.enforce(...request);
  const byQuestion = new Map(hits.map((question, nth) => [question, asked[nth] ?? []]));
  const repeats = Array.from({ length: Math.ceil(20_000 / hot) }, () => asked).flat();
  return {
    name: CASBIN,
    questions: hits,
    decide: (question) => enforcer.enforce(...(byQuestion.get(question) ?? [])),
    askAll: async () => {
      let allowed = 0;
      for (const request of repeats) if (await enforcer.enforce(...request)) allowed++;
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
