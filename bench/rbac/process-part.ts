import { buildIndex } from './build-index.js';
import { median, quantile, spread, table, verdict } from './figures.js';
import { makeModel } from './model.js';
import type { BenchOptions } from './options.js';
import { makeQuestions } from './questions.js';
import {
  BITSET,
  bitsetVariant,
  CASBIN,
  CASL,
  casbinVariant,
  caslVariant,
  OURS,
  ourVariant,
  type Variant,
} from './variants.js';

const USERS = 10_000;
const QUESTIONS = 65_536;
/** As many passes as take about this long are one round. */
const ROUND_MS = 300;
const TIMED_CALLS = 200_000;
/** The others are put into its cache. */
const EVALUATED_BY_CASBIN = 128;
const LIMITS = { bitset: 0.5, casl: 8, casbin: 18, p99Ns: 1000 };

interface Measured {
  perSecond: number[];
  p50Ns: number;
  p99Ns: number;
}

/** Decisions in process, every answer checked before. @returns the report, and what was wrong */
export async function measureProcess(options: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const model = makeModel(USERS);
  const questions = makeQuestions(model, QUESTIONS);
  const started = performance.now();
  const index = buildIndex(model);
  const builtMs = performance.now() - started;
  const variants = [
    ourVariant(index, questions),
    bitsetVariant(model, questions),
    caslVariant(model, questions),
    await casbinVariant(model, questions, options.isQuick ? 16 : EVALUATED_BY_CASBIN),
  ];
  const faults: string[] = [];
  for (const variant of variants) {
    const wrong = await disagreements(variant);
    if (wrong > 0) faults.push(`${variant.name}: ${wrong} answers of ${variant.questions.length} are wrong`);
  }
  const measured = await inTurns(variants, options.rounds);
  const ours = measured.get(OURS);
  const rate = (name: string) => measured.get(name)?.perSecond ?? [];
  const ratios = (name: string) => rate(OURS).map((value, round) => value / (rate(name)[round] ?? Number.NaN));
  const millions = (value: number) => `${(value / 1e6).toFixed(2)} M`;
  const rows = [...measured].map(([name, { perSecond, p50Ns, p99Ns }]) => [
    name,
    spread(perSecond, millions),
    `${Math.round(p50Ns)} ns`,
    `${Math.round(p99Ns)} ns`,
  ]);
  const twoDigits = (value: number) => value.toFixed(2);
  const ratioRow = (name: string, limit: number) => [
    `ours / ${name}`,
    spread(ratios(name), twoDigits),
    String(limit),
    verdict(median(ratios(name)) >= limit),
  ];
  const p99 = ours?.p99Ns ?? Number.NaN;
  const goals = [
    ratioRow(BITSET, LIMITS.bitset),
    ratioRow(CASL, LIMITS.casl),
    ratioRow(CASBIN, LIMITS.casbin),
    ['p99 of ours', `${Math.round(p99)} ns`, `${LIMITS.p99Ns} ns`, verdict(p99 < LIMITS.p99Ns)],
  ];
  const text = [
    '### Decisions in process',
    `${USERS} users (${model.mixed.size} with scopes, times and denials), ${model.roles.length} roles, ${model.permissions.length} permissions, ${model.assignments.length} assignments; ${QUESTIONS} questions, half allowed; index built in ${Math.round(builtMs)} ms (compiled at the first question). Single calls include the timer.`,
    table(['variant', 'checks a second, median (min..max)', 'p50 of a call', 'p99 of a call'], rows),
    table(['ratio of each round', 'median (min..max)', 'limit', 'limit is'], goals),
  ].join('\n\n');
  return { text, faults };
}

async function disagreements({ questions, decide }: Variant): Promise<number> {
  let wrong = 0;
  for (const question of questions) if ((await decide(question)) !== question.allowed) wrong++;
  return wrong;
}

async function inTurns(variants: readonly Variant[], rounds: number): Promise<Map<string, Measured>> {
  const measured = new Map(
    variants.map(({ name }): [string, Measured] => [name, { perSecond: [], p50Ns: 0, p99Ns: 0 }]),
  );
  for (let round = -1; round < rounds; round++) {
    for (let nth = 0; nth < variants.length; nth++) {
      const variant = variants[(nth + round + 1) % variants.length];
      if (variant === undefined) continue;
      const perSecond = await oneRound(variant);
      if (round >= 0) measured.get(variant.name)?.perSecond.push(perSecond);
    }
  }
  for (const variant of variants) {
    const times = await singleCalls(variant);
    Object.assign(measured.get(variant.name) ?? {}, { p50Ns: median(times), p99Ns: quantile(times, 0.99) });
  }
  return measured;
}

async function oneRound({ askAll, questions }: Variant): Promise<number> {
  let passes = 0;
  const started = performance.now();
  let elapsed = 0;
  while (elapsed < ROUND_MS) {
    const allowed = askAll();
    if (typeof allowed !== 'number') await allowed;
    passes++;
    elapsed = performance.now() - started;
  }
  return (passes * questions.length) / (elapsed / 1000);
}

/** Nanoseconds of calls one by one. */
async function singleCalls({ questions, decide }: Variant): Promise<number[]> {
  const times: number[] = [];
  for (let nth = 0; nth < TIMED_CALLS; nth++) {
    const question = questions[nth % questions.length];
    if (question === undefined) continue;
    const before = process.hrtime.bigint();
    const answer = decide(question);
    if (typeof answer !== 'boolean') await answer;
    times.push(Number(process.hrtime.bigint() - before));
  }
  return times;
}
