import { IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { IsInstant } from '../../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import { MAX_SCOPE_LENGTH, ROOT_SCOPE, SCOPE_PATTERN } from '../../scope.js';
import type { AssignmentFacts } from '../access-facts.js';
import type { AskedExplanation, Explanation } from '../explain.service.js';
import type { AccessPath, ChangeStep, EligibleFacts, PathState } from '../explain.types.js';

/** A decision to explain. */
export class ExplainDto {
  /** users.id or service_accounts.id */
  @IsUUID('loose')
  subject: string;

  /** A permission of the catalogue or of a registered namespace. */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PERMISSION_LENGTH)
  permission: string;

  /** A path; `/` when absent. The caller needs access:read there. */
  @MayBeAbsent()
  @MaxLength(MAX_SCOPE_LENGTH)
  @Matches(SCOPE_PATTERN, { message: 'must be / or up to ten plain segments, without . and ..' })
  scope?: string;

  /** A past time to decide at, by the facts of then; now when absent. Eligible assignments of then are not known. */
  @MayBeAbsent()
  @IsInstant()
  @MaxLength(40)
  asOf?: string;

  static toQuestion({ subject, permission, scope, asOf }: ExplainDto): AskedExplanation {
    return {
      subjectId: subject,
      permission,
      scope: scope ?? ROOT_SCOPE,
      asOf: asOf === undefined ? null : new Date(asOf),
    };
  }
}

export class ExplainedSubjectDto {
  type: 'user' | 'service_account';
  id: string;
  displayName: string;
  /** As it is now, also where a past time was asked for. */
  status: 'active' | 'disabled' | 'deleted';
}

export class ExplainedAssignmentDto {
  /** role_assignments.id, or eligible_assignments.id where `why` is eligible_not_activated or `eligible` is true. */
  id: string;
  eligible: boolean;
  scope: string;
  validFrom: string;
  /** Null: until it is removed. */
  validUntil: string | null;
  /** Null where it isn't known any more. */
  reason: string | null;
}

/** One stage of the way from the subject to the permission. */
export class PathStageDto {
  type: 'group' | 'role';
  /** groups.id or roles.id */
  id: string;
  name: string;
}

/** One way from the subject to the permission. */
export class ExplainedPathDto {
  effect: 'allow' | 'deny';
  /** Whether it decides. */
  applies: boolean;
  /** `applies`, or why it doesn't decide. */
  why: PathState;
  assignment: ExplainedAssignmentDto;
  /** The group where there is one, the assigned role, and each role that it inherits from, to the one that holds the permission. */
  via: PathStageDto[];
}

/** One step of a change. What is absent doesn't belong to its action. */
export class ChangeStepDto {
  action: ChangeStep['action'];
  /** remove_assignment */
  assignmentId?: string;
  /** remove_member: groups.id of the group that the subject leaves. */
  groupId?: string;
  groupName?: string;
  /** activate */
  eligibleAssignmentId?: string;
  /** roles.id of what is added, removed or activated. */
  roleId?: string;
  roleName?: string;
  /** add_assignment, remove_assignment, activate */
  scope?: string;
  /** add_assignment, remove_assignment */
  effect?: 'allow' | 'deny';
}

/** Steps which together turn the answer; none of them can be left out. */
export class ChangeDto {
  steps: ChangeStepDto[];
}

/** A decision with its reasons. */
export class ExplanationDto {
  allowed: boolean;
  /** One sentence for people. */
  summary: string;
  /** The revision of access that it was made at. */
  revision: number;
  /** The moment that it is about. */
  asOf: string;
  subject: ExplainedSubjectDto;
  /**
   * Up to 100, and up to 10 of one assignment; first what applies, denials before allows. The latest 20 removed assignments are among
   * them. What lies neither at or above the scope of the question nor where the caller may read access is left out.
   */
  paths: ExplainedPathDto[];
  /** Up to 5 changes of up to 20 steps that would turn the answer, smallest first; none for a past time. Separation of duties may still refuse them. */
  changes: ChangeDto[];
  /** Whether there is more that could be tried and takes more than 20 steps: such changes are not worked out. */
  hasLongerChanges: boolean;

  static from(explanation: Explanation): ExplanationDto {
    const { allowed, summary, revision, asOf, subject, paths, changes } = explanation;
    const { type, id, displayName, status } = subject;
    return {
      allowed,
      summary,
      revision,
      asOf: asOf.toISOString(),
      subject: { type, id, displayName, status },
      paths: paths.map((path) => pathOf(explanation, path)),
      changes: changes.changes.map((steps) => ({ steps: steps.map((step) => stepOf(explanation, step)) })),
      hasLongerChanges: changes.hasLonger,
    };
  }
}

function pathOf({ names, reasons }: Explanation, path: AccessPath): ExplainedPathDto {
  const { effect, why, assignment, groupId, roleIds } = path;
  const group = groupId === null ? [] : [{ type: 'group' as const, id: groupId, name: names.group(groupId) }];
  return {
    effect,
    applies: why === 'applies',
    why,
    assignment: {
      id: assignment.id,
      eligible: !('effect' in assignment),
      scope: assignment.scope,
      validFrom: new Date(assignment.validFrom).toISOString(),
      validUntil: assignment.validUntil === null ? null : new Date(assignment.validUntil).toISOString(),
      reason: reasons.get(assignment.id) ?? null,
    },
    via: [...group, ...roleIds.map((id) => ({ type: 'role' as const, id, name: names.role(id) }))],
  };
}

function stepOf({ facts, names }: Explanation, step: ChangeStep): ChangeStepDto {
  const of = (assignment: AssignmentFacts | EligibleFacts | undefined) =>
    assignment === undefined
      ? {}
      : { roleId: assignment.roleId, roleName: names.role(assignment.roleId), scope: assignment.scope };
  if (step.action === 'remove_member') return { ...step, groupName: names.group(step.groupId) };
  if (step.action === 'add_assignment') return { ...step, roleName: names.role(step.roleId) };
  if (step.action === 'activate') {
    return { ...step, ...of(facts.eligible.find(({ id }) => id === step.eligibleAssignmentId)) };
  }
  if (step.action === 'remove_assignment') {
    const removed = facts.subject.assignments.find(({ id }) => id === step.assignmentId);
    return { ...step, ...of(removed), ...(removed === undefined ? {} : { effect: removed.effect }) };
  }
  return step;
}
