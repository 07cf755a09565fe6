import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { DriftReportDocument, ReportedChange, Severity } from './drift-report.types.js';
import { changeInWords, printable, shortValue } from './printable.js';

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

/**
 * SARIF 2.1.0 (OASIS): a result a change. A configuration has no files: the object is the logical location, and an artifact with a
 * relative address of its own because many readers show nothing without one. What wasn't assessed is a notification of the
 * invocation, which then isn't a success.
 */
export function renderSarif(report: DriftReportDocument): string {
  const ruleIds = [...new Set(report.changes.map(ruleOf))].sort();
  const run = {
    tool: {
      driver: {
        name: 'BlindspotX',
        rules: ruleIds.map((id) => describedRule(id, report.changes)),
      },
    },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: report.complete,
        toolExecutionNotifications: report.incomplete.map(({ resourceType, reason, since }) => ({
          level: 'warning',
          descriptor: { id: 'not-assessed' },
          message: { text: `${resourceType} was not assessed: ${printable(reason)}` },
          properties: { resourceType, since },
        })),
      },
    ],
    results: report.changes.map((change) => resultOf(change, ruleIds)),
    properties: {
      trigger: report.trigger,
      baselineVersion: report.baselineVersion,
      summary: report.summary,
      controls: report.controls,
    },
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf({ rules }: ReportedChange): string {
  return rules[0] ?? NO_RULE;
}

function describedRule(id: string, changes: ReportedChange[]) {
  const own = changes.filter((change) => ruleOf(change) === id);
  const text = id === NO_RULE ? 'A difference that no rule speaks of' : printable(own[0]?.title ?? id);
  const worst = (Object.keys(LEVELS) as Severity[]).find((severity) =>
    own.some((change) => change.severity === severity),
  );
  return {
    id,
    shortDescription: { text },
    defaultConfiguration: { level: LEVELS[worst ?? 'info'] },
    properties: {
      tags: ['security', ...new Set(own.flatMap(({ references }) => references))],
      'security-severity': SECURITY_SEVERITIES[worst ?? 'info'],
    },
  };
}

function resultOf(change: ReportedChange, ruleIds: string[]) {
  const { title } = RESOURCE_TYPE_CATALOGUE[change.resourceType];
  const name = printable(change.displayName ?? change.resourceKey);
  const did =
    change.changeType === 'modified'
      ? `${printable(change.path)}: ${changeInWords(change.before, change.after)}`
      : `${change.changeType}: ${shortValue(change.after ?? change.before)}`;
  return {
    ruleId: ruleOf(change),
    ruleIndex: ruleIds.indexOf(ruleOf(change)),
    level: LEVELS[change.severity],
    message: { text: `${printable(change.title)}. ${title} "${name}", ${did}` },
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
