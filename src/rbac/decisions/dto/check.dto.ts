import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { Precompiled } from '../../../kernel/validation/precompiled.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import { MAX_SCOPE_LENGTH, ROOT_SCOPE, SCOPE_PATTERN } from '../../scope.js';
import type { Question } from '../access-facts.js';
import { isCheck, isCheckBulk, MAX_CHECKS, MAX_REVISION } from '../read-check.js';
import { CheckMatrixDto, IsMatrixAlone, IsMatrixOfFewAnswers } from './check-matrix.dto.js';

/** A question: may this subject do that there? */
export class QuestionDto {
  /** users.id or service_accounts.id. Unknown and disabled subjects, and programs of disabled owners, are not allowed anything. */
  @IsUUID('loose')
  subject: string;

  /** A permission of the catalogue or of a registered namespace, e.g. `drift:read`. */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PERMISSION_LENGTH)
  permission: string;

  /** A path; `/` when absent. */
  @MayBeAbsent()
  @MaxLength(MAX_SCOPE_LENGTH)
  @Matches(SCOPE_PATTERN, { message: 'must be / or up to ten plain segments, without . and ..' })
  scope?: string;

  static toQuestion({ subject, permission, scope }: QuestionDto): Question {
    return { subjectId: subject, permission, scope: scope ?? ROOT_SCOPE };
  }
}

/** One question. */
@Precompiled(isCheck)
export class CheckDto extends QuestionDto {
  /** The decision must know of everything up to this revision (`Access-Revision` of a write, `revision` of a decision). */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MAX_REVISION)
  atLeast?: number;
}

export class CheckResultDto {
  allowed: boolean;
  /** The revision of access that was decided at. */
  revision: number;
}

/** Many questions, decided at one revision: one by one, or every subject on every scope for every permission. */
@Precompiled(isCheckBulk)
export class CheckBulkDto {
  /** Either this or `matrix`. 1 to 10,000, in a body of at most 2 MiB. */
  @ValidateIf(({ checks, matrix }: CheckBulkDto) => checks !== undefined || matrix === undefined)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_CHECKS)
  @ValidateNested({ each: true })
  @Type(() => QuestionDto)
  checks?: QuestionDto[];

  /** Either this or `checks`. At most 100,000 answers. */
  @MayBeAbsent()
  @IsObject()
  @IsMatrixAlone()
  @IsMatrixOfFewAnswers()
  @ValidateNested()
  @Type(() => CheckMatrixDto)
  matrix?: CheckMatrixDto;

  /** The decisions must know of everything up to this revision. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MAX_REVISION)
  atLeast?: number;
}

/** The answers to `checks`. */
export class CheckBulkResultDto {
  /** The revision of access that was decided at. */
  revision: number;
  /** One for each question, in their order. */
  allowed: boolean[];
}

/** The answers to a `matrix`. */
export class CheckMatrixResultDto {
  /** The revision of access that was decided at. */
  revision: number;
  /**
   * One text a subject, in their order, with `1` (allowed) or `0` for each scope and permission: the answer for
   * `subjects[s]`, `scopes[c]` and `permissions[p]` is `rows[s][c * permissions.length + p]`.
   */
  rows: string[];
}
