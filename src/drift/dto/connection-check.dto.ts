import { IsUUID } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { ConnectionCheckResult } from '../connection-check.service.js';

export class TestConnectionDto {
  /** One that waits for a second person; left out: what the tenant is read with. */
  @MayBeAbsent()
  @IsUUID('loose')
  candidate?: string;
}

export class MissingPermissionDto {
  /** Name of Graph's application permission. */
  permission: string;
  /** What isn't read without it. */
  for: string[];
}

/** What became of the test of a connection. */
export class ConnectionCheckDto {
  /** Null: the installation's application. */
  clientId: string | null;
  /** Whether Entra ID gave a token and Graph answered for this tenant with it. */
  works: boolean;
  /** One sentence on what has to be mended; null where nothing has. */
  problem: string | null;
  /** Name of the tenant as Graph has it. */
  organization: string | null;
  /** Application permissions that the token has; null where there is no token, or it doesn't say. */
  granted: string[] | null;
  /** Each permission that a scan takes and that isn't granted by its name. */
  missing: MissingPermissionDto[];

  static from(result: ConnectionCheckResult): ConnectionCheckDto {
    return { ...result };
  }
}
