import { IsUUID } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

export class DriftStatusQueryDto {
  /** Only this watched tenant (its id in /tenants). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}
