import { PERMISSIONS, type Permission } from '../../../src/access/permissions.js';
import type { Program } from '../../auth/programs.js';
import { SenderKey } from '../../security/sender-key.js';
import { bearer, type Call } from './call.js';
import type { Grant, MatrixPerson, MatrixStage } from './matrix-stage.js';
import type { Somebody } from './predict.js';

export const ALL: ReadonlySet<Permission> = new Set(Object.keys(PERMISSIONS) as Permission[]);
const NOTHING: ReadonlySet<Permission> = new Set();
const SCIM = '/scim/v2/';
const SCIM_ONLY: ReadonlySet<Permission> = new Set<Permission>(['scim:provision']);
const PART = '/tenants/part';

type Facts = Omit<Somebody, 'kind'>;

/** Those who are known, whatever the route needs. @param all a role of every permission */
export async function somebodyCalls(stage: MatrixStage, all: string): Promise<Call[]> {
  const call = (name: string, token: string, facts: Facts): Call => ({
    name,
    caller: { kind: 'somebody', ...facts },
    headers: bearer(token),
  });
  const scim = async (role: string) => stage.scimToken(await stage.program([{ role }]));
  const { tenant } = stage.auth;
  const administrator = tenant.mintToken({ kind: 'api', objectId: tenant.administrator.objectId });
  const ofScim = { scopes: SCIM_ONLY, opensOnly: SCIM };
  const allButScim = new Set([...ALL].filter((name) => name !== 'scim:provision'));
  return [
    call('no role', await stage.signIn(4), { holds: NOTHING }),
    call('no role, Entra token', (await stage.person()).token, { holds: NOTHING }),
    call('program without a role', await stage.tokenOf(await stage.program([])), { holds: NOTHING }),
    call('administrator, Entra token', administrator, { holds: ALL }),
    call('SCIM token', await scim(await stage.role(SCIM_ONLY)), { holds: SCIM_ONLY, ...ofScim }),
    call('SCIM token without the permission', await scim(await stage.role(allButScim)), {
      holds: allButScim,
      ...ofScim,
    }),
    call('SCIM token of who holds everything', await scim(all), { holds: ALL, ...ofScim }),
    await boundToken(stage, all),
  ];
}

async function boundToken(stage: MatrixStage, all: string): Promise<Call> {
  const key = new SenderKey();
  const program = await stage.program([{ role: all }]);
  const token = await stage.tokenOf(program, undefined, { dpop: key.proof('POST', '/auth/token') });
  return {
    name: 'bound token with its proof',
    caller: { kind: 'somebody', holds: ALL },
    headers: (method, path) => ({
      authorization: `DPoP ${token}`,
      dpop: key.proof(method, '', token, { htu: `http://localhost:3000${path}` }),
    }),
  };
}

/** Every way to hold or not to hold this permission, each with its twin. @param all a role of every permission */
export async function callsAbout(stage: MatrixStage, permission: Permission, all: string): Promise<Call[]> {
  const only = new Set([permission]);
  const without = new Set([...ALL].filter((name) => name !== permission));
  const other: Permission = permission === 'drift:read' ? 'users:read' : 'drift:read';
  const [role, rest] = [await stage.role(only), await stage.role(without)];
  const heir = await stage.role([], [await stage.role([], [role])]);
  const calls: Call[] = [];
  const add = (name: string, token: string, facts: Facts) =>
    calls.push({
      name: `${name} (${permission})`,
      caller: { kind: 'somebody', ...facts },
      headers: bearer(token),
    });
  const program = async (name: string, grants: Grant[], holds: ReadonlySet<Permission>, more: Partial<Facts> = {}) =>
    add(name, await stage.tokenOf(await stage.program(grants)), { holds, ...more });
  const narrowed = async (name: string, from: Program, to: Permission) =>
    add(name, await stage.tokenOf(from, to), { holds: ALL, scopes: new Set([to]) });

  await program('only', [{ role }], only);
  await program('all but', [{ role: rest }], without);
  await program('on a part', [{ role, scope: PART }], NOTHING, { holdsBelow: only });
  const mighty = await stage.program([{ role: all }]);
  // Nobody is given a scope that the instance doesn't know of yet.
  await stage.decidesByAll();
  await narrowed('all, narrowed to', mighty, permission);
  await narrowed(`all, narrowed to ${other} and not`, mighty, other);

  await program('all, but denied', [{ role: all }, { role, effect: 'deny' }], without);
  await program('denied by what was inherited', [{ role: all }, { role: heir, effect: 'deny' }], without);
  await program('everything denied', [{ role: all }, { role: all, effect: 'deny' }], NOTHING);
  await program(
    'on a part, denied everywhere',
    [
      { role, scope: PART },
      { role, effect: 'deny' },
    ],
    NOTHING,
  );
  await program(
    'on a part, denied on another',
    [
      { role, scope: PART },
      { role, scope: '/a', effect: 'deny' },
    ],
    NOTHING,
    {
      holdsBelow: only,
    },
  );
  await program('denied on a part', [{ role }, { role, scope: PART, effect: 'deny' }], only);
  await program('denial that is over', [{ role }, { role, effect: 'deny', from: '-2 days', until: '-1 day' }], only);
  await program('denial to come', [{ role }, { role, effect: 'deny', from: '1 day' }], only);

  await program('expired', [{ role, from: '-2 days', until: '-1 second' }], NOTHING);
  await program('expired on a part', [{ role, scope: PART, from: '-2 days', until: '-1 second' }], NOTHING);
  await program('future', [{ role, from: '1 day' }], NOTHING);
  await program('for a time', [{ role, from: '-1 day', until: '1 day' }], only);
  await program('inherited', [{ role: heir }], only);
  await people(stage, { role, heir, all }, (name, { token }, isHeld) => {
    const isAll = isHeld === 'all but this';
    add(name, token, { holds: isAll ? without : isHeld ? only : NOTHING });
  });
  return calls;
}

/** What only people can have: groups and activation. */
async function people(
  stage: MatrixStage,
  { role, heir, all }: { role: string; heir: string; all: string },
  add: (name: string, person: MatrixPerson, isHeld: boolean | 'all but this') => void,
): Promise<void> {
  const provisioned = await stage.person();
  await stage.group(provisioned, [{ role }]);
  add('by group', provisioned, true);

  const ofEntra = await stage.person();
  await stage.group({ objectId: ofEntra.objectId }, [{ role: heir }]);
  add("by a group of Entra's, inherited", ofEntra, true);

  const denied = await stage.person([{ role: all }]);
  await stage.group(denied, [{ role, effect: 'deny' }]);
  add('all, but denied by group', denied, 'all but this');

  const early = await stage.person();
  await stage.group(early, [{ role, from: '1 day' }]);
  add('by group, future', early, false);

  const eligible = await stage.person();
  await stage.eligible(eligible.id, role);
  add('eligible', eligible, false);

  const active = await stage.person();
  await stage.activate(active, await stage.eligible(active.id, role));
  add('by activation', active, true);

  const ended = await stage.person();
  const activation = await stage.activate(ended, await stage.eligible(ended.id, role));
  const { status } = await stage.auth.browser().call('DELETE', `/rbac/activations/${activation}`, ended.token);
  if (status >= 300) throw new Error(`the activation was not ended: ${status}`);
  add('by activation that was ended', ended, false);
}
