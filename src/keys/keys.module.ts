import { Global, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Settings } from '../config/settings.js';
import { KeyRing } from '../crypto/key-ring.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { DatabaseKeyRing } from './database-key-ring.service.js';
import { FirstKeys } from './first-keys.service.js';
import { JwksController } from './jwks.controller.js';
import { KeyRotationRepository } from './key-rotation.repository.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { KeysRepository } from './keys.repository.js';
import { loadMasterKey, MasterKey } from './master-key.js';
import { OpenKeysReader } from './open-keys-reader.service.js';
import { SigningKeyRotationJob } from './signing-key-rotation.job.js';
import { SigningKeyRotation } from './signing-key-rotation.service.js';

/** The keys of this installation: data keys that seal secrets, signing keys of access tokens, both wrapped by the master key. */
@Global()
@Module({
  imports: [AuditModule, JobsModule],
  controllers: [JwksController],
  providers: [
    KeysRepository,
    KeyRotationRepository,
    { provide: MasterKey, useFactory: loadMasterKey, inject: [Settings] },
    KeyWrapping,
    FirstKeys,
    OpenKeysReader,
    { provide: KeyRing, useClass: DatabaseKeyRing },
    SigningKeyRotation,
    SigningKeyRotationJob,
  ],
  exports: [KeyRing, SigningKeyRotation],
})
export class KeysModule {}
