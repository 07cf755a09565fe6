import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { KeyRing } from '../crypto/key-ring.js';
import { DatabaseKeyRing } from './database-key-ring.service.js';
import { JwksController } from './jwks.controller.js';
import { KeysRepository } from './keys.repository.js';
import { loadMasterKey, MasterKey } from './master-key.js';

/** The keys of this installation: data keys that seal secrets, signing keys of access tokens, both wrapped by the master key. */
@Global()
@Module({
  controllers: [JwksController],
  providers: [
    KeysRepository,
    { provide: MasterKey, useFactory: loadMasterKey, inject: [Settings] },
    { provide: KeyRing, useClass: DatabaseKeyRing },
  ],
  exports: [KeyRing],
})
export class KeysModule {}
