import type { AppliedAttack, AppliedEdit } from './attack.js';

/** What the demo reads of a report; the form is promised in docs/drift.md. */
export interface DemoChange {
  resourceType: string;
  resourceKey: string;
  displayName: string | null;
  changeType: string;
  path: string;
  direction: string;
  severity: string;
  rules: string[];
  references: string[];
  title: string;
  actor: { type: string; id: string; displayName: string | null } | null;
  attribution: string;
}

export interface DemoReport {
  complete: boolean;
  trigger: string;
  changes: DemoChange[];
}

export interface AttackVerdict {
  kind: string;
  found: boolean;
  severity: string | null;
  rules: string[];
  references: string[];
  actorId: string | null;
  actorIsRight: boolean;
  attribution: string | null;
}

export interface EditVerdict {
  kind: string;
  /** The worst severity that the report gives it; null when it isn't reported at all. */
  severity: string | null;
}

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];

/** Holds the report against what was really done to the tenant. */
export function judgeAttack(attack: AppliedAttack, report: DemoReport): AttackVerdict {
  const change = worst(report.changes.filter((candidate) => concerns(attack, candidate)));
  return {
    kind: attack.kind,
    found: change !== undefined && (change.severity === 'critical' || change.severity === 'high'),
    severity: change?.severity ?? null,
    rules: change?.rules ?? [],
    references: change?.references ?? [],
    actorId: change?.actor?.id ?? null,
    actorIsRight: change?.actor?.id === attack.actorObjectId,
    attribution: change?.attribution ?? null,
  };
}

/** An edit that nobody should be woken for: fine when absent or info. */
export function judgeEdit(edit: AppliedEdit, report: DemoReport, attacks: AppliedAttack[]): EditVerdict {
  const changes = report.changes.filter(
    (candidate) => concerns(edit, candidate) && !attacks.some((attack) => concerns(attack, candidate)),
  );
  return { kind: edit.kind, severity: worst(changes)?.severity ?? null };
}

function concerns(act: { resourceType: string; resourceKey: string; path: string }, change: DemoChange): boolean {
  return (
    change.resourceType === act.resourceType &&
    change.resourceKey === act.resourceKey &&
    (act.path === '' || change.path === act.path || change.path.startsWith(`${act.path}/`))
  );
}

function worst(changes: DemoChange[]): DemoChange | undefined {
  return [...changes].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))[0];
}
