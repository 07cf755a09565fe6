import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { type ReportedChange, SEVERITIES, type Severity } from './drift-report.types.js';
import { changeInWords, printable, shortValue, withoutLinks } from './printable.js';
import type { ReportHead, ReportWriter } from './report-writer.js';

/** SARIF 2.1.0 3.27.10: what a result means to those who only know three levels. */
const LEVELS: Record<Severity, 'error' | 'warning' | 'note'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};
/** CVSS-like numbers by which code scanning sorts into critical, high, medium and low. */
const SECURITY_SEVERITIES: Record<Severity, string> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
};
const NO_RULE = 'drift';

/** What is known of a rule when its last result was written. */
interface SpokenRule {
  title: string;
  worst: Severity;
  references: Set<string>;
}

/**
 * SARIF 2.1.0 (OASIS): a result a change, then the rules that spoke, in the order of their first results. A configuration has no
 * files: the object is the logical location, and an artifact with a relative address of its own because many readers show nothing
 * without one. What wasn't assessed is a notification of the invocation, which then isn't a success.
 */
export function sarifWriter(head: ReportHead): ReportWriter {
  const rules = new Map<string, SpokenRule>();
  let separator = '\n';
  return {
    head: () => `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":[`,
    change: (change) => {
      const result = resultOf(change, noteRule(rules, change));
      const text = separator + JSON.stringify(result);
      separator = ',\n';
      return text;
    },
    end: () => `],${JSON.stringify(restOfRun(head, rules)).slice(1)}]}\n`,
  };
}

/** @returns the place of the change's rule among all */
function noteRule(rules: Map<string, SpokenRule>, change: ReportedChange): number {
  const id = ruleOf(change);
  const { title, severity, references } = change;
  const rule = rules.get(id) ?? { title, worst: severity, references: new Set() };
  rules.set(id, rule);
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(rule.worst)) rule.worst = severity;
  for (const reference of references) rule.references.add(reference);
  return [...rules.keys()].indexOf(id);
}

function restOfRun(
  { complete, incomplete, trigger, baselineVersion, summary, controls }: ReportHead,
  rules: Map<string, SpokenRule>,
) {
  return {
    tool: { driver: { name: 'BlindspotX', rules: [...rules].map(([id, rule]) => describedRule(id, rule)) } },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: complete,
        toolExecutionNotifications: incomplete.map(({ resourceType, reason, since }) => ({
          level: 'warning',
          descriptor: { id: 'not-assessed' },
          message: { text: message(`${resourceType} was not assessed: ${reason}`) },
          properties: { resourceType, since },
        })),
      },
    ],
    properties: { trigger, baselineVersion, summary, controls },
  };
}

function ruleOf({ rules }: ReportedChange): string {
  return rules[0] ?? NO_RULE;
}

function describedRule(id: string, { title, worst, references }: SpokenRule) {
  return {
    id,
    shortDescription: { text: id === NO_RULE ? 'A difference that no rule speaks of' : message(title) },
    defaultConfiguration: { level: LEVELS[worst] },
    properties: { tags: ['security', ...references], 'security-severity': SECURITY_SEVERITIES[worst] },
  };
}

/**
 * A tenant's text in a message: brackets would make a link of it (SARIF 3.11.6), braces a placeholder (3.11.5), and a reader that
 * turns bare addresses and mentions into links finds none.
 */
function message(text: string): string {
  return withoutLinks(
    printable(text)
      .replace(/[\\[\]]/g, '\\$&')
      .replace(/[{}]/g, '$&$&'),
  );
}

function resultOf(change: ReportedChange, ruleIndex: number) {
  const { title } = RESOURCE_TYPE_CATALOGUE[change.resourceType];
  const name = printable(change.displayName ?? change.resourceKey);
  const did =
    change.changeType === 'modified'
      ? `${printable(change.path)}: ${changeInWords(change.before, change.after)}`
      : `${change.changeType}: ${shortValue(change.after ?? change.before)}`;
  return {
    ruleId: ruleOf(change),
    ruleIndex,
    level: LEVELS[change.severity],
    message: { text: message(`${change.title}. ${title} "${name}", ${did}`) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: {
            uri: `${change.resourceType}/${encodeURIComponent(change.resourceKey.toWellFormed())}.json`,
          },
        },
        logicalLocations: [
          {
            name,
            fullyQualifiedName: `${change.resourceType}/${printable(change.resourceKey)}${printable(change.path)}`,
            kind: 'object',
          },
        ],
      },
    ],
    partialFingerprints: { 'blindspotxChange/v1': change.id },
    ...(change.state === 'accepted' || change.state === 'ignored'
      ? { suppressions: [{ kind: 'external', status: 'accepted', justification: `The change is ${change.state}` }] }
      : {}),
    properties: {
      severity: change.severity,
      direction: change.direction,
      state: change.state,
      changeSetId: change.changeSetId,
      changeType: change.changeType,
      before: change.before,
      after: change.after,
      rules: change.rules,
      references: change.references,
      actor: change.actor,
      attribution: change.attribution,
    },
  };
}
