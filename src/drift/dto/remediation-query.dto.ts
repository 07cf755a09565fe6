import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsUUID } from 'class-validator';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Ids that an address can carry. */
const MAX_CHANGES_NAMED = 100;

export const PLAN_FORMATS = ['json', 'powershell', 'text'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

/** How a plan is written. */
export class PlanFormatDto {
  /** `json` when absent; `powershell` is a script of Microsoft Graph PowerShell, `text` for reading. */
  @MayBeAbsent()
  @IsIn(PLAN_FORMATS)
  format?: PlanFormat;
}

/** What a plan is made for: either changes of one tenant or all open ones of a report. */
export class RemediationQueryDto extends PlanFormatDto {
  /** Ids of changes, separated by commas, at most 100. */
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) =>
    (Array.isArray(value) ? value : [value]).flatMap((item: unknown) =>
      typeof item === 'string' ? item.toLowerCase().split(',') : [item],
    ),
  )
  @IsArray()
  @ArrayMaxSize(MAX_CHANGES_NAMED)
  @IsUUID('loose', { each: true })
  change?: string[];

  /** Id of a report. A report with more than 500 open changes is planned in parts. */
  @MayBeAbsent()
  @IsUUID('loose')
  report?: string;

  /** @throws DomainError request.invalid unless exactly one of the two is there */
  static subjectOf({ change, report }: RemediationQueryDto): { changes: string[] } | { report: string } {
    if (change !== undefined && change.length > 0 && report === undefined) return { changes: change };
    if (report !== undefined && change === undefined) return { report: report.toLowerCase() };
    throw kernelError('request.invalid', {
      detail: 'Say which changes (change) or which report (report), one of the two.',
    });
  }
}
