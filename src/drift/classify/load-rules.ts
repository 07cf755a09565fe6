import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SEVERITIES, type Severity } from '../report/drift-report.types.js';
import { RESOURCE_TYPES } from '../resource-types/resource-type.types.js';
import { FACT_NAMES, type FactName } from './facts/fact-names.js';
import type { DriftRule, RuleCondition, RuleScalar, SeverityCase } from './rule.types.js';
import { RULES_DIRECTORY } from './rules-directory.js';

/** A rule file that can't be used: which file, which rule, what is wrong. */
export class RuleFileError extends Error {
  constructor(file: string, where: string, why: string) {
    super(`${file}: ${where}: ${why}`);
    this.name = 'RuleFileError';
  }
}

/**
 * The rules in the YAML files of a folder, checked member by member; a member that isn't known is a fault, so that a
 * misspelt one can't silence a rule.
 *
 * @throws RuleFileError
 */
export function loadRules(directory: string = RULES_DIRECTORY): DriftRule[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
  const rules = files.sort().flatMap((name) => parseRules(name, readFileSync(join(directory, name), 'utf8')));
  const seen = new Set<string>();
  for (const { id } of rules) {
    if (seen.has(id)) throw new RuleFileError(directory, id, 'two rules have this id');
    seen.add(id);
  }
  return rules;
}

/** @throws RuleFileError */
export function parseRules(file: string, yaml: string): DriftRule[] {
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
  if (!Array.isArray(content)) throw new RuleFileError(file, 'top', 'a list of rules is expected');
  return content.map((item, i) => ruleOf(file, i, item));
}

const RULE_MEMBERS = [
  'id',
  'title',
  'resources',
  'paths',
  'severity',
  'severityWhen',
  'references',
  'parameters',
  'loosens',
  'tightens',
  'inside',
];

function ruleOf(file: string, index: number, item: unknown): DriftRule {
  const raw = recordOf(item);
  const id = raw?.['id'];
  if (raw === null || typeof id !== 'string' || !/^[A-Z]{2}-\d{2}$/.test(id)) {
    throw new RuleFileError(file, `rule ${index + 1}`, '"id" must be two letters and two digits, such as CA-01');
  }
  const check = new Checker(file, id);
  check.members(raw, RULE_MEMBERS, '');
  const parameters = check.parameters(raw['parameters']);
  return {
    id,
    title: check.sentence(raw['title'], 'title'),
    resources: check.list(raw['resources'], 'resources').map((name) => check.oneOf(name, RESOURCE_TYPES, 'resources')),
    paths: check.list(raw['paths'], 'paths').map((path) => check.pointer(path)),
    severity: check.oneOf(raw['severity'], SEVERITIES, 'severity'),
    severityWhen: check.optionalList(raw['severityWhen'], 'severityWhen').map((one) => check.severityCase(one)),
    references: check.listOrEmpty(raw['references'], 'references').map((one) => check.sentence(one, 'references')),
    parameters,
    loosens: check.conditions(raw['loosens'], 'loosens', raw['tightens'] === undefined ? 1 : 0),
    tightens: raw['tightens'] === undefined ? null : check.conditions(raw['tightens'], 'tightens', 0),
    inside: check
      .optionalList(raw['inside'], 'inside')
      .map((one) => check.oneOf(one, ['added', 'removed'] as const, 'inside')),
  };
}

const CONDITION_MEMBERS = [
  'on',
  'from',
  'to',
  'notTo',
  'adds',
  'addsOutside',
  'removes',
  'grows',
  'shrinks',
  'appears',
  'disappears',
  'changes',
  'if',
  'unless',
];

class Checker {
  private known: Record<string, number> = {};

  constructor(
    private readonly file: string,
    private readonly rule: string,
  ) {}

  fail(why: string): never {
    throw new RuleFileError(this.file, this.rule, why);
  }

  members(raw: Record<string, unknown>, known: string[], where: string): void {
    for (const name of Object.keys(raw))
      if (!known.includes(name)) this.fail(`${where}"${name}" is not a known member`);
  }

  /** Numbers by name; conditions that are read afterwards may name them. */
  parameters(value: unknown): Record<string, number> {
    if (value === undefined) return {};
    const raw = recordOf(value) ?? this.fail('"parameters" must hold numbers');
    for (const [name, one] of Object.entries(raw))
      this.known[name] =
        typeof one === 'number' ? one : this.fail(`"parameters" must hold numbers, and "${name}" is none`);
    return this.known;
  }

  sentence(value: unknown, name: string): string {
    return typeof value === 'string' && value.trim() !== '' ? value : this.fail(`"${name}" must be text`);
  }

  list(value: unknown, name: string): unknown[] {
    return Array.isArray(value) && value.length > 0 ? value : this.fail(`"${name}" must be a list that isn't empty`);
  }

  listOrEmpty(value: unknown, name: string): unknown[] {
    return Array.isArray(value) ? value : this.fail(`"${name}" must be a list`);
  }

  optionalList(value: unknown, name: string): unknown[] {
    return value === undefined ? [] : this.list(value, name);
  }

  oneOf<T extends string>(value: unknown, known: readonly T[], name: string): T {
    const found = known.find((one) => one === value);
    return found ?? this.fail(`"${name}" holds ${JSON.stringify(value)}, which is none of ${known.join(', ')}`);
  }

  pointer(value: unknown): string {
    if (typeof value === 'string' && (value === '' || value.startsWith('/'))) return value;
    return this.fail(`"paths" holds ${JSON.stringify(value)}, which is no JSON Pointer`);
  }

  severityCase(value: unknown): SeverityCase {
    const raw = recordOf(value) ?? this.fail('"severityWhen" must be a list of objects');
    this.members(raw, ['if', 'unless', 'severity'], 'severityWhen: ');
    if (raw['if'] === undefined && raw['unless'] === undefined) this.fail('"severityWhen" needs "if" or "unless"');
    const severity: Severity = this.oneOf(raw['severity'], SEVERITIES, 'severity');
    return { ...this.facts(raw), severity };
  }

  conditions(value: unknown, name: string, least: number): RuleCondition[] {
    // A condition that asks for nothing is a slip of the pen; who means every change says so.
    if (value === 'any') return [{}];
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    if (list.length < least) this.fail(`"${name}" must hold at least one condition`);
    return list.map((one) => this.condition(one, name));
  }

  private condition(value: unknown, name: string): RuleCondition {
    const raw = recordOf(value);
    if (raw === null || Object.keys(raw).length === 0)
      return this.fail(`"${name}" must hold conditions that ask for something`);
    this.members(raw, CONDITION_MEMBERS, `${name}: `);
    return {
      ...(raw['on'] === undefined ? {} : { on: this.oneOf(raw['on'], ['added', 'removed'] as const, 'on') }),
      ...this.scalars(raw, 'from'),
      ...this.scalars(raw, 'to'),
      ...this.scalars(raw, 'notTo'),
      ...this.scalars(raw, 'addsOutside'),
      ...this.elements(raw, 'adds'),
      ...this.elements(raw, 'removes'),
      ...this.bound(raw, 'grows'),
      ...this.bound(raw, 'shrinks'),
      ...this.bounds(raw),
      ...this.flag(raw, 'appears'),
      ...this.flag(raw, 'disappears'),
      ...this.flag(raw, 'changes'),
      ...this.facts(raw),
    };
  }

  private facts(raw: Record<string, unknown>): { if?: FactName[]; unless?: FactName[] } {
    const read = (name: 'if' | 'unless') =>
      raw[name] === undefined
        ? {}
        : { [name]: this.list(raw[name], name).map((one) => this.oneOf(one, FACT_NAMES, name)) };
    return { ...read('if'), ...read('unless') };
  }

  private scalars(
    raw: Record<string, unknown>,
    name: 'from' | 'to' | 'notTo' | 'addsOutside',
  ): Record<string, RuleScalar[]> {
    return raw[name] === undefined ? {} : { [name]: this.list(raw[name], name).map((one) => this.scalar(one, name)) };
  }

  private elements(raw: Record<string, unknown>, name: 'adds' | 'removes'): Record<string, 'any' | RuleScalar[]> {
    if (raw[name] === undefined) return {};
    return { [name]: raw[name] === 'any' ? 'any' : this.list(raw[name], name).map((one) => this.scalar(one, name)) };
  }

  private scalar(value: unknown, name: string): RuleScalar {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as RuleScalar;
    return this.fail(`"${name}" must list plain values`);
  }

  private bound(raw: Record<string, unknown>, name: 'grows' | 'shrinks'): Record<string, true | number> {
    const value = raw[name];
    if (value === undefined) return {};
    if (value === true || typeof value === 'number') return { [name]: value };
    const parameter = typeof value === 'string' ? this.known[value] : undefined;
    return parameter === undefined
      ? this.fail(`"${name}" must be true, a number or a parameter of the rule`)
      : { [name]: parameter };
  }

  private bounds(raw: Record<string, unknown>): Pick<RuleCondition, 'bounds'> {
    const named = Object.fromEntries(
      ['grows', 'shrinks'].flatMap((name) => (typeof raw[name] === 'string' ? [[name, raw[name]]] : [])),
    );
    return Object.keys(named).length === 0 ? {} : { bounds: named };
  }

  private flag(raw: Record<string, unknown>, name: 'appears' | 'disappears' | 'changes'): Record<string, true> {
    if (raw[name] === undefined) return {};
    return raw[name] === true ? { [name]: true } : this.fail(`"${name}" can only be true`);
  }
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
