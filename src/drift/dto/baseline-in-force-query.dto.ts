import { IsUUID } from 'class-validator';

/** Whose baseline. */
export class BaselineInForceQueryDto {
  /** Id in /tenants. */
  @IsUUID('loose')
  tenant: string;
}
