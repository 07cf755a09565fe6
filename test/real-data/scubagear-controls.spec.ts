import { readdirSync } from 'node:fs';
import type { Json } from '../../src/crypto/canonical-json.js';
import { CONTROLS, controlById } from '../../src/drift/controls/catalogue.js';
import { controlInput, NOTHING_ALLOWED, sourceOf } from '../../src/drift/controls/control-input.js';
import { BASELINE_VERSIONS, evaluateBaseline, evaluateControl } from '../../src/drift/controls/evaluate-controls.js';
import { readExport } from '../../src/drift/import/read-export.js';
import { readJsonFile } from '../../src/drift/import/read-json-file.js';
import { isObject, member, text } from '../../src/drift/normalise/json-members.js';
import { CANNOT_BE_EQUAL, FIRST_SCHEME } from './scubagear-verdicts.js';
import { describeWithData, sharedData } from './shared-data.js';

const FOLDER = 'scubagear-tenant';
const EXPECTED = `${FOLDER}/expected`;

/** One row of CISA's own verdict. */
interface Row {
  /** As the row of CANNOT_BE_EQUAL names it. */
  name: string;
  control: string | null;
  version: number;
  theirs: string;
}

describeWithData(EXPECTED, "CISA's own verdicts", () => {
  const dates = readdirSync(sharedData(EXPECTED)).map((file) => file.slice(0, 10));

  test('are there for every export that has them', () => {
    expect(dates).toEqual(['2023-03-21', '2023-11-15', '2024-04-03', '2024-06-05', '2025-02-12']);
  });

  test.each(dates)('%s: ours equal them row by row, but for the rows that are listed with a reason', async (date) => {
    const snapshot = await readExport(sharedData(`${FOLDER}/${date}.ProviderSettingsExport.json`));
    const input = controlInput(sourceOf(snapshot), NOTHING_ALLOWED);
    const rows = await rowsOf(date);
    const different = rows.flatMap(({ name, control, version, theirs }) => {
      const ours = control === null ? 'not-assessed' : verdict(control, version);
      return ours === theirs ? [] : [{ row: `${date} ${name}`, theirs, ours }];
    });
    const listed = CANNOT_BE_EQUAL.filter(({ row }) => row.startsWith(date));
    expect(different).toEqual(listed.map(({ reason: _, ...row }) => row));
    expect(rows.length).toBeGreaterThanOrEqual(28);

    function verdict(id: string, version: number): string {
      const control = controlById(id);
      if (control === undefined) return `there is no ${id}`;
      const result = evaluateControl(control, input, version);
      return result.version === null && control.versions.length > 0
        ? `${id} has no version ${version}`
        : result.verdict;
    }
  });

  test.each(dates)(
    '%s: the whole of a baseline says the same of its rows, why it is not met, and what it lacks',
    async (date) => {
      const snapshot = await readExport(sharedData(`${FOLDER}/${date}.ProviderSettingsExport.json`));
      const input = controlInput(sourceOf(snapshot), NOTHING_ALLOWED);
      for (const version of BASELINE_VERSIONS) {
        const results = new Map(evaluateBaseline(input, version).map((result) => [result.id, result]));
        expect(results.size).toBe(CONTROLS.length);
        for (const { control, version: of } of await rowsOf(date)) {
          const result = results.get(control ?? '');
          if (control === null || result?.version !== of) continue;
          const known = controlById(control);
          expect(known === undefined ? null : evaluateControl(known, input, of).verdict).toBe(result.verdict);
        }
        for (const { id, verdict, reason, notInBaseline } of results.values()) {
          if (verdict === 'met') expect([id, reason]).toEqual([id, null]);
          else expect(`${id} ${reason}`).toMatch(/^\S+ \w.{14,}/);
          if (notInBaseline) expect([id, verdict]).toEqual([id, 'not-assessed']);
        }
      }
      const left = (version?: 0 | 1 | 2) =>
        evaluateBaseline(input, version).flatMap(({ id, notInBaseline }) => (notInBaseline ? [id] : []));
      expect(left()).toEqual(['AAD.2.9', 'AAD.2.10', 'MS.AAD.5.4']);
      expect(left(1)).toEqual(['AAD.2.9', 'AAD.2.10']);
      // It asked for all of the first scheme's rows.
      const rows = FIRST_SCHEME.flatMap(({ control }) => control ?? []);
      expect(left(0)).toHaveLength(9);
      expect(left(0).filter((id) => rows.includes(id))).toEqual([]);
    },
  );

  test('differ in the listed rows only for a reason that is written down', () => {
    for (const { reason } of CANNOT_BE_EQUAL) expect(reason).toMatch(/^[A-Z][^\n]{20,}$/);
  });
});

async function rowsOf(date: string): Promise<Row[]> {
  const results = await readJsonFile(sharedData(`${EXPECTED}/${date}.TestResults.json`));
  const rows: Json[] = Array.isArray(results) ? results : [];
  return rows.flatMap((row) => rowOf(row) ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function rowOf(row: Json): Row | null {
  if (!isObject(row)) return null;
  const theirs = theirVerdict(row);
  const policy = /^(MS\.AAD\.\d+\.\d+)v(\d+)$/.exec(text(row, 'PolicyId') ?? '');
  if (policy !== null) return { name: policy[0], control: policy[1] ?? '', version: Number(policy[2]), theirs };
  const old = /^AAD (\d+\.\d+)$/.exec(text(row, 'Control') ?? '');
  if (old === null) return null;
  const name = `${old[0]} ${text(row, 'Requirement')}`;
  const mapped = FIRST_SCHEME.find(({ requirement }) => name.startsWith(requirement));
  if (mapped === undefined) throw new Error(`no control is mapped to: ${name}`);
  return { name: mapped.requirement, control: mapped.control, version: mapped.version, theirs };
}

/** Rows that ScubaGear doesn't decide say so in their criticality; a warning would be a SHOULD that isn't met. */
function theirVerdict(row: Json): string {
  if ((text(row, 'Criticality') ?? '').endsWith('Not-Implemented')) return 'not-assessed';
  return member(row, 'RequirementMet') === true ? 'met' : 'not-met';
}
