/** Changes by severity. */
export class SeverityCountsDto {
  critical: number;
  high: number;
  medium: number;
  low: number;
  info: number;
}
