import type { Permission } from '../../access/permissions.js';
import type { ChangeWindow } from '../windows/change-window.types.js';
import type { DecisionKind } from './decision.types.js';
import type { IgnorePattern } from './ignore-rule.types.js';

export type ProposalKind =
  | 'decision'
  | 'ignore-rule'
  | 'baseline'
  | 'rule-override'
  | 'change-window'
  | 'tenant-settings'
  | 'tenant-connection';
export type ProposalStatus = 'pending' | 'approved' | 'declined' | 'withdrawn';

/** What proposing and approving demand: what the thing itself does. */
export const PERMISSION_OF: Record<ProposalKind, Permission> = {
  decision: 'drift:decide',
  'ignore-rule': 'drift:decide',
  baseline: 'baseline:approve',
  'rule-override': 'tenants:manage',
  'change-window': 'tenants:manage',
  'tenant-settings': 'tenants:manage',
  'tenant-connection': 'tenants:manage',
};

/** What is proposed, as it is stored; times are RFC 3339. */
export type ProposedContent =
  | { kind: 'decision'; decision: Extract<DecisionKind, 'accept' | 'ignore'>; until: string | null }
  | ({ kind: 'ignore-rule'; until: string | null } & IgnorePattern)
  | { kind: 'baseline'; snapshotId: string; acceptIncomplete: boolean }
  | { kind: 'baseline'; changeIds: string[] }
  | { kind: 'rule-override'; rule: string; override: ProposedOverride | null }
  | { kind: 'change-window'; window: ProposedWindow }
  | { kind: 'change-window'; withdraws: string }
  | { kind: 'tenant-settings'; settings: ProposedSettings }
  /** Null: back to the installation's application. */
  | { kind: 'tenant-connection'; candidate: string | null };

export interface ProposedOverride {
  disabled: boolean;
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info' | null;
  parameters: Record<string, number>;
  until: string | null;
}

export type ProposedWindow = Pick<
  ChangeWindow,
  'name' | 'zone' | 'days' | 'startMinute' | 'durationMinutes' | 'exclusive'
> & { startsAt: string | null; endsAt: string | null };

export interface ProposedSettings {
  secondPerson?: boolean;
  scanEnabled?: boolean;
  scanIntervalSeconds?: number;
  breakGlassObjectIds?: string[];
}

export interface RequestedProposal {
  tenantId: string;
  /** The change to decide; null for anything else. */
  changeId: string | null;
  /** Of the change, baseline, override or tenant that the proposer saw; null where there is none. */
  version: number | null;
  content: ProposedContent;
  reason: string;
}
