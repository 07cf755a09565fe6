import { AccessIndex } from '../../src/rbac/decisions/access-index.js';
import { isAllowed } from '../../src/rbac/decisions/evaluate-subject.js';
import { scopeRoots } from '../../src/rbac/decisions/scope-roots.js';
import { isAtOrBelow } from '../../src/rbac/scope.js';
import { proofSize } from '../support/proof-size.js';
import { type Model, naivelyAllowed, naiveSubjects } from './naive-evaluator.js';
import { changeAtRandom } from './random-change.js';
import { Dice, factsOf, NOON, randomModel, randomScope } from './random-model.js';
import { roleFactsOf, subjectFactsOf } from './subject-facts.js';

const MODELS = proofSize(400, 2_000);
const QUESTIONS = 50;
/** Another one each day; DIFFERENTIAL_SEED repeats a run. */
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? Math.floor(Date.now() / 86_400_000));

class Trial {
  private now = NOON;
  readonly index = new AccessIndex();
  readonly model: Model;

  constructor(
    private readonly dice: Dice,
    private readonly name: string,
  ) {
    this.model = randomModel(dice);
    this.index.nowMs = this.now;
    this.index.apply(factsOf(this.model));
  }

  change(): void {
    this.index.apply(changeAtRandom(this.dice, this.model));
  }

  /** One question to all who can answer it. Time goes on, and so validities begin and end. */
  ask(): boolean | undefined {
    const { dice, model } = this;
    if (dice.chance(20)) this.now += dice.roll(4) * 250;
    this.index.nowMs = this.now;
    const subject = dice.chance(95) ? dice.pick([...model.users, ...model.programs]).id : 'nobody';
    const permission = dice.chance(95) ? dice.pick(model.permissions) : 'no:such';
    const scope = randomScope(dice);
    const expected = naivelyAllowed(model, subject, permission, scope, this.now);
    const facts = subjectFactsOf(model, subject);
    const answers = {
      index: this.index.isAllowed(subject, permission, scope),
      facts: facts !== null && isAllowed(facts, roleFactsOf(model), permission, scope, this.now),
    };
    if (answers.index !== expected || answers.facts !== (expected ?? false)) {
      const asked = { seed: SEED, trial: this.name, subject, permission, scope, at: this.now - NOON };
      throw new Error(`${JSON.stringify({ ...asked, expected, ...answers })}\n${JSON.stringify(model)}`);
    }
    return expected;
  }

  /** The lists must say what asking one by one says. */
  askForLists(): void {
    const { dice, model, index } = this;
    const permission = dice.pick(model.permissions);
    const subject = dice.pick([...model.users, ...model.programs]).id;
    const scope = randomScope(dice);
    const { allowed, denied } = scopeRoots(index.scopesNaming(subject, permission));
    const fromRoots =
      allowed.some((root) => isAtOrBelow(scope, root)) && !denied.some((root) => isAtOrBelow(scope, root));
    const found = new Set<string>();
    for (const id of index.candidates(permission, scope, 3)) {
      if (id !== null && index.isAllowed(id, permission, scope)) found.add(id);
    }
    const everywhere = index.isAllowedEverywhere(subject, permission);
    expect({
      roots: fromRoots,
      subjects: [...found].sort(),
      anywhere: index.isAllowedAnywhere(subject, permission),
      named: index.permissionsOf(subject, scope).has(permission),
      everywhere,
    }).toEqual({
      roots: naivelyAllowed(model, subject, permission, scope, this.now),
      subjects: naiveSubjects(model, permission, scope, this.now),
      anywhere: allowed.length > 0,
      named: naivelyAllowed(model, subject, permission, scope, this.now),
      everywhere: ['/', ...model.assignments.map((assignment) => assignment.scope)].every((place) =>
        naivelyAllowed(model, subject, permission, place, this.now),
      ),
    });
  }
}

describe(`the index and a naive evaluator (seed ${SEED})`, () => {
  jest.setTimeout(300_000);

  it(`answer ${MODELS * QUESTIONS} questions about random models alike`, () => {
    let allowed = 0;
    for (let nth = 0; nth < MODELS; nth++) {
      const trial = new Trial(new Dice(SEED * 1_000_003 + nth), `standing ${nth}`);
      for (let asked = 0; asked < QUESTIONS; asked++) if (trial.ask()) allowed++;
      trial.askForLists();
    }
    // A comparison of denials alone would prove nothing.
    expect(allowed / (MODELS * QUESTIONS)).toBeGreaterThan(0.05);
  });

  it('and while the models change underneath', () => {
    let allowed = 0;
    for (let nth = 0; nth < MODELS; nth++) {
      const trial = new Trial(new Dice(SEED * 2_000_003 + nth), `changing ${nth}`);
      for (let asked = 0; asked < QUESTIONS; asked++) {
        if (asked % 2 === 0) trial.change();
        if (trial.ask()) allowed++;
      }
      trial.askForLists();
    }
    expect(allowed / (MODELS * QUESTIONS)).toBeGreaterThan(0.05);
  });
});
