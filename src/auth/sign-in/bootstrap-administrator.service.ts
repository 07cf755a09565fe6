import { Injectable } from '@nestjs/common';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AssignmentsService } from '../../rbac/assignments/assignments.service.js';
import type { ProvenSignIn } from './entra-sign-in.service.js';

/** The environment names one person who may always come in as administrator. Everybody else gets an account and nothing more. */
@Injectable()
export class BootstrapAdministrator {
  constructor(
    private readonly settings: Settings,
    private readonly rbac: AssignmentsService,
  ) {}

  isNamed({ claims, tenant }: ProvenSignIn): boolean {
    const { BOOTSTRAP_ADMIN_OBJECT_ID: objectId, ENTRA_TENANT_ID: entraTenantId } = this.settings;
    return (
      objectId !== undefined &&
      claims.objectId.toLowerCase() === objectId.toLowerCase() &&
      tenant.entraTenantId.toLowerCase() === entraTenantId?.toLowerCase()
    );
  }

  /** To be called before anything of an account is changed: whoever disables one takes the same two in this order. */
  async lockFirst(tx: Transaction): Promise<void> {
    await this.rbac.lockChanges(tx);
  }

  async grant(tx: Transaction, userId: string): Promise<void> {
    await this.rbac.grantRole(
      tx,
      systemActor('bootstrap'),
      userId,
      'administrator',
      'named by BOOTSTRAP_ADMIN_OBJECT_ID',
    );
  }
}
