import { Global, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Settings } from '../config/settings.js';
import { KeyRing } from '../crypto/key-ring.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CheckpointVerifiers } from './checkpoint-verifiers.service.js';
import { DatabaseKeyRing } from './database-key-ring.service.js';
import { FirstKeys } from './first-keys.service.js';
import { JwksController } from './jwks.controller.js';
import { KeyRewrappingRepository } from './key-rewrapping.repository.js';
import { KeyRewrapping } from './key-rewrapping.service.js';
import { KeyRotationRepository } from './key-rotation.repository.js';
import { KeySuccessionRepository } from './key-succession.repository.js';
import { KeySuccession } from './key-succession.service.js';
import { KeyUpkeepJob } from './key-upkeep.job.js';
import { KeyUses } from './key-uses.service.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { KeysRepository } from './keys.repository.js';
import { KeysStatusRepository } from './keys-status.repository.js';
import { KeysStatusService } from './keys-status.service.js';
import { OpenKeysReader } from './open-keys-reader.service.js';
import { Rewrap } from './rewrap/rewrap.service.js';
import { RewrapProgressRepository } from './rewrap/rewrap-progress.repository.js';
import { StoredValuesRepository } from './rewrap/stored-values.repository.js';
import { StoredValues } from './rewrap/stored-values.service.js';
import { SigningKeyRotationJob } from './signing-key-rotation.job.js';
import { SigningKeyRotation } from './signing-key-rotation.service.js';
import { KeyEncryptionKey } from './vault/key-encryption-key.js';
import { openKeyVault } from './vault/open-key-vault.js';

/** The keys of this installation, all of them wrapped by the key-encryption key: they seal, index, and sign tokens and checkpoints. */
@Global()
@Module({
  imports: [AuditModule, JobsModule],
  controllers: [JwksController],
  providers: [
    KeysRepository,
    KeyRotationRepository,
    KeySuccessionRepository,
    KeyRewrappingRepository,
    KeysStatusRepository,
    StoredValuesRepository,
    RewrapProgressRepository,
    { provide: KeyEncryptionKey, useFactory: openKeyVault, inject: [Settings] },
    KeyWrapping,
    FirstKeys,
    OpenKeysReader,
    KeyUses,
    CheckpointVerifiers,
    DatabaseKeyRing,
    { provide: KeyRing, useExisting: DatabaseKeyRing },
    SigningKeyRotation,
    SigningKeyRotationJob,
    StoredValues,
    KeySuccession,
    KeyRewrapping,
    Rewrap,
    KeyUpkeepJob,
    KeysStatusService,
  ],
  exports: [KeyRing, SigningKeyRotation, KeySuccession, KeyRewrapping, KeysStatusService],
})
export class KeysModule {}
