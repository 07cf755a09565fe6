import type { SeparationConstraint, WrittenConstraint } from '../separation.types.js';

/** What nobody may hold together. */
export class ConstraintDto {
  id: string;
  name: string;
  description: string;
  kind: 'roles' | 'permissions';
  /** roles.id, or names of permissions. */
  members: string[];
  /** How many of them somebody may hold at the same time on overlapping scopes. */
  atMost: number;
  createdAt: string;
  updatedAt: string;

  static from(constraint: SeparationConstraint): ConstraintDto {
    const { id, name, description, kind, members, atMost, createdAt, updatedAt } = constraint;
    return {
      id,
      name,
      description,
      kind,
      members,
      atMost,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    };
  }
}

/** A constraint as it was written, with how many violate it. */
export class WrittenConstraintDto extends ConstraintDto {
  /** Users and service accounts; who: GET /rbac/constraints/{id}/violations. */
  violations: number;

  static of({ constraint, violations }: WrittenConstraint): WrittenConstraintDto {
    return { ...ConstraintDto.from(constraint), violations };
  }
}

export class ConstraintPageDto {
  items: ConstraintDto[];
  nextCursor: string | null;
}
