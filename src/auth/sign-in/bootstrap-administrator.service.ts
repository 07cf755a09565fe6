import { Injectable } from '@nestjs/common';
import { systemActor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AssignmentsService } from '../../rbac/assignments/assignments.service.js';
import { UsersService } from '../../users/users.service.js';
import type { ProvenSignIn } from './entra-sign-in.service.js';

const ADMINISTRATOR = 'administrator';

/** The environment names one person who may always come in as administrator. Everybody else gets an account and nothing more. */
@Injectable()
export class BootstrapAdministrator {
  constructor(
    private readonly settings: Settings,
    private readonly rbac: AssignmentsService,
    private readonly users: UsersService,
  ) {}

  isNamed({ claims, tenant }: ProvenSignIn): boolean {
    const { BOOTSTRAP_ADMIN_OBJECT_ID: objectId, ENTRA_TENANT_ID: entraTenantId } = this.settings;
    return (
      objectId !== undefined &&
      claims.objectId.toLowerCase() === objectId.toLowerCase() &&
      tenant.entraTenantId.toLowerCase() === entraTenantId?.toLowerCase()
    );
  }

  /**
   * Whether there is anything to grant; the lock of changes of access is taken then. To be called before anything of an account is
   * changed: whoever disables one takes the same two in this order. Who is administrator already waits for nobody.
   */
  async prepare(tx: Transaction, { claims, tenant }: ProvenSignIn): Promise<boolean> {
    const user = await this.users.findByObjectIdWithin(tx, tenant.id, claims.objectId);
    if (user !== null && (await this.rbac.hasGranted(tx, user.id, ADMINISTRATOR))) return false;
    await this.rbac.lockChanges(tx);
    return true;
  }

  async grant(tx: Transaction, userId: string): Promise<void> {
    await this.rbac.grantRole(
      tx,
      systemActor('bootstrap'),
      userId,
      ADMINISTRATOR,
      'named by BOOTSTRAP_ADMIN_OBJECT_ID',
    );
  }
}
