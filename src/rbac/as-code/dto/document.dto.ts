import { IsString, Matches, MaxLength } from 'class-validator';
import type { AccessPlan, PlannedChange } from '../access-document.types.js';

const MAX_DOCUMENT_LENGTH = 1_048_576;

/** A document of roles, constraints and mappings. */
export class PlanDocumentDto {
  /** The YAML, at most 1 MiB. */
  @IsString()
  @MaxLength(MAX_DOCUMENT_LENGTH)
  document: string;
}

/** A document and the plan that was seen. */
export class ApplyDocumentDto extends PlanDocumentDto {
  /** `revision` of the plan. */
  @IsString()
  @MaxLength(50)
  @Matches(/^\d{1,16}\.[\w-]{22}$/, { message: 'must be the revision of a plan' })
  revision: string;
}

/** One thing that a document changes. */
export class PlannedChangeDto {
  action: 'create' | 'update' | 'delete';
  kind: 'role' | 'constraint' | 'mapping';
  name: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;

  static from({ action, kind, name, before, after }: PlannedChange): PlannedChangeDto {
    return { action, kind, name, before, after };
  }
}

/** One permission on a scope and below it. */
export class AccessDifferenceDto {
  permission: string;
  scope: string;
  /** The first moment of it, ISO 8601; null: at once. */
  from: string | null;
}

export class AffectedRefDto {
  type: 'user' | 'service_account';
  id: string;
}

/** Somebody whose access a document changes. */
export class AffectedSubjectDto {
  subject: AffectedRefDto;
  displayName: string;
  gains: AccessDifferenceDto[];
  loses: AccessDifferenceDto[];
}

/** A constraint that somebody violates already as it comes. */
export class ConstraintViolationsDto {
  /** Its name. */
  constraint: string;
  /** How many people and programs violate it. */
  subjects: number;
}

export class PlanRefusalDto {
  /** An error code. */
  code: string;
  detail: string;
}

/** What applying a document would do. */
export class AccessPlanDto {
  /** To be sent when it is applied. */
  revision: string;
  changes: PlannedChangeDto[];
  /** The first 1,000 whose access would change. */
  affected: AffectedSubjectDto[];
  affectedTotal: number;
  /** Of the constraints that it creates or changes. */
  violations: ConstraintViolationsDto[];
  /** Why applying would be refused, separation of duties included; null: it would not. */
  refusal: PlanRefusalDto | null;

  static from(plan: AccessPlan): AccessPlanDto {
    const { revision, changes, affected, affectedTotal, violations, refusal } = plan;
    return { revision, changes: changes.map(PlannedChangeDto.from), affected, affectedTotal, violations, refusal };
  }
}

/** What was changed. */
export class AppliedDocumentDto {
  changes: PlannedChangeDto[];
}
