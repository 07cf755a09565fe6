import type { Question } from './access-facts.js';
import type { DecisionSource } from './decision-source.js';

/** Every subject, on every scope, for every permission. */
export interface QuestionMatrix {
  subjectIds: readonly string[];
  scopes: readonly string[];
  permissions: readonly string[];
}

export interface Answers<T> {
  allowed: T;
  /** JSON Pointers to permissions that don't exist: of the answers none counts then. */
  unknown: string[];
}

/** Answers at once are given for as long as this, then others get their turn. Milliseconds */
const SLICE_MS = 5;
/** The clock is looked at after so many answers. */
const LOOK_EVERY = 256;
/** Unknown permissions that are named in one refusal. */
const NAMED_FAULTS = 100;
const [NO, YES] = [48, 49];

/** One after another. It yields whenever it has worked for a while: the source must be the same when it goes on. */
export function* answerList(
  source: DecisionSource,
  questions: readonly Question[],
  sliceMs: number = SLICE_MS,
): Generator<undefined, Answers<boolean[]>> {
  const allowed = new Array<boolean>(questions.length);
  const unknown: string[] = [];
  const slice = new Slice(sliceMs);
  for (let nth = 0; nth < questions.length; nth++) {
    const question = questions[nth];
    if (question === undefined) continue;
    const answer = source.isAllowed(question.subjectId, question.permission, question.scope);
    if (answer === undefined && unknown.length < NAMED_FAULTS) unknown.push(`/checks/${nth}/permission`);
    allowed[nth] = answer === true;
    if (slice.isOver()) yield;
  }
  return { allowed, unknown };
}

/** A text of `1` and `0` a subject: for each scope, in order, each permission, in order. It yields as answerList does. */
export function* answerMatrix(
  source: DecisionSource,
  { subjectIds, scopes, permissions }: QuestionMatrix,
  sliceMs: number = SLICE_MS,
): Generator<undefined, Answers<string[]>> {
  const unknown = permissions.flatMap((name, nth) => (source.hasPermission(name) ? [] : `/matrix/permissions/${nth}`));
  if (unknown.length > 0) return { allowed: [], unknown: unknown.slice(0, NAMED_FAULTS) };
  const allowed: string[] = [];
  const row = Buffer.alloc(scopes.length * permissions.length);
  const slice = new Slice(sliceMs);
  for (const subjectId of subjectIds) {
    let at = 0;
    for (const scope of scopes) {
      for (const permission of permissions) {
        row[at++] = source.isAllowed(subjectId, permission, scope) === true ? YES : NO;
        if (slice.isOver()) yield;
      }
    }
    allowed.push(row.toString('latin1'));
  }
  return { allowed, unknown };
}

/** Says when it is somebody else's turn. */
class Slice {
  private asked = 0;
  private until: number;

  constructor(private readonly lengthMs: number) {
    this.until = performance.now() + lengthMs;
  }

  isOver(): boolean {
    if (++this.asked % LOOK_EVERY !== 0) return false;
    const now = performance.now();
    if (now < this.until) return false;
    this.until = now + this.lengthMs;
    return true;
  }
}
