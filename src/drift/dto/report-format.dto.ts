import { IsIn } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { REPORT_FORMATS, type ReportFormat } from '../report/report-formats.js';

/** How a report is written. */
export class ReportFormatDto {
  /** Stands above the Accept header. `html`, `markdown` and `text` hold at most 5000 changes; a larger report is refused in them. */
  @MayBeAbsent()
  @IsIn(REPORT_FORMATS)
  format?: ReportFormat;
}
