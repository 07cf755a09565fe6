import { IsIn, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { EXPORT_FORMATS, type ExportFormat } from '../read/export-formats.js';
import { AuditFilterDto } from './audit-filter.dto.js';

const MAX_CHECKPOINTS = 50;
/** Up to 50 sizes of up to 16 digits. */
const SIZES = /^[1-9]\d{0,14}(?:,[1-9]\d{0,14}){0,49}$/;

/** Which records are taken away, and how they are written. */
export class AuditExportDto extends AuditFilterDto {
  /**
   * `ndjson`: each record as it was sealed, beside its place in the log. `ocsf`: OCSF 1.8.0. `csv`: for spreadsheets. `bundle`:
   * evidence for `blindspotx audit verify`.
   */
  @IsIn(EXPORT_FORMATS)
  format: ExportFormat;

  /** For a bundle: sizes of up to 50 checkpoints that the verifier holds, smallest first, separated by commas. */
  @MayBeAbsent()
  @Matches(SIZES, { message: `checkpoints must be up to ${MAX_CHECKPOINTS} sizes, separated by commas` })
  @MaxLength(800)
  checkpoints?: string;

  /** By size, each once. */
  static checkpointsOf({ checkpoints }: AuditExportDto): number[] {
    const sizes = checkpoints === undefined ? [] : checkpoints.split(',').map(Number);
    return [...new Set(sizes)].sort((left, right) => left - right);
  }
}
