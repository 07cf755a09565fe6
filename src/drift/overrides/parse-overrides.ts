import { parse } from 'yaml';
import { RuleFileError } from '../classify/load-rules.js';
import type { DriftRule } from '../classify/rule.types.js';
import { SEVERITIES } from '../report/drift-report.types.js';
import { faultsOfChange } from './check-override.js';
import type { RuleChange } from './rule-override.types.js';

const MEMBERS = ['rule', 'disabled', 'severity', 'parameters', 'reason', 'until'];

/**
 * A file of changes of rules: a YAML list with `rule`, `reason` and at least one of `disabled`, `severity` and `parameters`.
 *
 * @throws RuleFileError
 */
export function parseOverrides(file: string, yaml: string, rules: readonly DriftRule[], now: Date): RuleChange[] {
  const content = contentOf(file, yaml);
  const seen = new Set<string>();
  return content.map((item, i) => {
    const change = changeOf(file, `entry ${i + 1}`, item);
    if (seen.has(change.ruleId)) throw new RuleFileError(file, change.ruleId, 'it is changed twice');
    seen.add(change.ruleId);
    const [fault] = faultsOfChange(rules, change, now);
    if (fault !== undefined) throw new RuleFileError(file, change.ruleId, fault);
    return change;
  });
}

function contentOf(file: string, yaml: string): unknown[] {
  let content: unknown;
  try {
    content = parse(yaml);
  } catch (error) {
    throw new RuleFileError(
      file,
      'YAML',
      error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    );
  }
  if (Array.isArray(content)) return content;
  throw new RuleFileError(file, 'top', 'a list of changes is expected');
}

function changeOf(file: string, where: string, item: unknown): RuleChange {
  const fail = (why: string): never => {
    throw new RuleFileError(file, where, why);
  };
  const raw = isRecord(item) ? item : fail('an object is expected');
  for (const name of Object.keys(raw)) if (!MEMBERS.includes(name)) fail(`"${name}" is not a known member`);
  const { rule, disabled = false, severity = null, parameters = {}, reason, until = null } = raw;
  const ended = until === null ? null : typeof until === 'string' ? new Date(until) : fail('"until" must be a time');
  if (ended !== null && Number.isNaN(ended.getTime())) fail('"until" must be a time');
  const known =
    severity === null
      ? null
      : (SEVERITIES.find((one) => one === severity) ?? fail(`"severity" must be one of ${SEVERITIES.join(', ')}`));
  return {
    ruleId: typeof rule === 'string' ? rule : fail('"rule" must name a rule'),
    disabled: typeof disabled === 'boolean' ? disabled : fail('"disabled" must be true or false'),
    severity: known,
    parameters: isNumbers(parameters) ? parameters : fail('"parameters" must hold numbers'),
    reason: typeof reason === 'string' ? reason : fail('"reason" must be text'),
    until: ended,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is Record<string, number> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'number');
}
