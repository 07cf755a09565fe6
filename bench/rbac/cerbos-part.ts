import { LoadGenerator, type LoadResult } from '../auth/load-generator.js';
import { faultsOf, type Goal, report } from '../auth/report.js';
import { measureRounds, type Variant } from '../auth/rounds.js';
import type { CerbosJob, CerbosQuestion } from './cerbos/cerbos-load.js';
import { CERBOS_DIR, cerbosPackages } from './cerbos/cerbos-packages.js';
import { kindAndAction, roleName } from './cerbos/cerbos-policies.js';
import { startCerbos } from './cerbos/cerbos-server.js';
import { checkBodies } from './check-bodies.js';
import type { Model } from './model.js';
import type { BenchOptions } from './options.js';
import type { PostJob } from './post-load.js';
import { type AskedQuestion, makeQuestions } from './questions.js';
import { openServiceStage } from './service-stage.js';

const TITLE = 'A decision over HTTP beside Cerbos over gRPC';
const OURS = 'BlindspotX, POST /rbac/check';
const CERBOS = 'Cerbos, CheckResources over gRPC';
const GOALS: readonly Goal[] = [{ peer: CERBOS, by: 'per CPU second', limit: 50, aim: null }];
const QUESTIONS = 512;
const CONNECTIONS = 50;

/**
 * The same questions for both, about users whose assignments all hold everywhere and always: Cerbos is told their roles with each
 * request, and knows neither our scopes nor our denials. It compares its answers with ours all the time.
 */
export async function measureCerbos({ rounds, seconds }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const packages = cerbosPackages();
  if (packages === null) {
    const how = `make a folder, \`npm install cerbos @cerbos/grpc\` there, and set ${CERBOS_DIR} to it`;
    return { text: `### ${TITLE}\n\nnot measured: set ${CERBOS_DIR} (${how})`, faults: [] };
  }
  const stage = await openServiceStage();
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const { model, service, tokens, layout } = stage;
    const { list } = makeQuestions(model, QUESTIONS, (userId) => !model.mixed.has(userId));
    const url = `${service.url}/api/v1/rbac/check`;
    const bodies = await checkBodies(url, tokens, list);
    const cerbos = await startCerbos(layout, packages.binary, model);
    closers.push(() => cerbos.stop());
    const posts = new LoadGenerator<PostJob, LoadResult>('../rbac/post-load');
    const calls = new LoadGenerator<CerbosJob, LoadResult>('../rbac/cerbos/cerbos-load');
    closers.push(
      () => posts.stop(),
      () => calls.stop(),
    );
    const questions = asCerbosHasThem(model, list);
    const { clientUrl } = packages;
    const { target } = cerbos;
    const variants: Variant[] = [
      {
        name: OURS,
        pid: service.pid,
        run: () => posts.run({ url, tokens, bodies, seconds, connections: CONNECTIONS, answers: 1 }),
      },
      {
        name: CERBOS,
        pid: cerbos.pid,
        run: () => calls.run({ clientUrl, target, questions, seconds, concurrency: CONNECTIONS }),
      },
    ];
    const samples = await measureRounds(variants, rounds);
    const about = `${QUESTIONS} questions about users without scopes, times and denials (${model.users.length - model.mixed.size} of ${model.users.length}); both gave the same answer to every one, each time.`;
    return { text: `${report(TITLE, OURS, samples, GOALS)}\n\n${about}`, faults: faultsOf(samples) };
  } finally {
    for (const closer of closers.reverse()) await closer();
    await stage.close();
  }
}

function asCerbosHasThem({ assignments }: Model, list: readonly AskedQuestion[]): CerbosQuestion[] {
  const roles = new Map<string, string[]>();
  for (const { userId, roleId } of assignments) roles.set(userId, [...(roles.get(userId) ?? []), roleName(roleId)]);
  return list.map(({ subjectId, permission, allowed }) => {
    const { kind, action } = kindAndAction(permission);
    const principal = { id: subjectId, roles: [...new Set(roles.get(subjectId))] };
    return { principal, resource: { id: 'any', kind }, action, allowed };
  });
}
