import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  MinLength,
  ValidateBy,
  type ValidationArguments,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import { MAX_SCOPE_LENGTH, ROOT_SCOPE, SCOPE_PATTERN } from '../../scope.js';
import type { QuestionMatrix } from '../bulk-answers.js';
import { isSmallMatrix, MAX_MATRIX_ANSWERS, MAX_MATRIX_SIDE } from '../read-check.js';

/** May each of these subjects do each of these things, on each of these scopes? subjects x scopes x permissions: at most 100,000. */
export class CheckMatrixDto {
  /** 1 to 10,000 of users.id or service_accounts.id. Unknown ones are not allowed anything. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_MATRIX_SIDE)
  @IsUUID('loose', { each: true })
  subjects: string[];

  /** 1 to 10,000 permissions of the catalogue or of registered namespaces. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_MATRIX_SIDE)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(MAX_PERMISSION_LENGTH, { each: true })
  permissions: string[];

  /** 1 to 10,000 paths; `/` alone when absent. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_MATRIX_SIDE)
  @MaxLength(MAX_SCOPE_LENGTH, { each: true })
  @Matches(SCOPE_PATTERN, { each: true, message: 'each must be / or up to ten plain segments, without . and ..' })
  scopes?: string[];

  static toMatrix({ subjects, permissions, scopes }: CheckMatrixDto): QuestionMatrix {
    return { subjectIds: subjects, permissions, scopes: scopes ?? [ROOT_SCOPE] };
  }
}

/** A matrix, where there is no list beside it. */
export const IsMatrixAlone = (): PropertyDecorator =>
  ValidateBy({
    name: 'matrixAlone',
    validator: {
      validate: (_value: unknown, args?: ValidationArguments) =>
        (args?.object as { checks?: unknown } | undefined)?.checks === undefined, // whatever DTO it stands in
      defaultMessage: () => 'there are checks or a $property, not both',
    },
  });

export const IsMatrixOfFewAnswers = (): PropertyDecorator =>
  ValidateBy({
    name: 'matrixAnswers',
    validator: {
      validate: isSmallMatrix,
      defaultMessage: () => `$property must ask for at most ${MAX_MATRIX_ANSWERS} answers`,
    },
  });
