import { type DynamicModule, Module } from '@nestjs/common';
import { CallerReach } from '../../src/access/caller-reach.js';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { LocalMasterKey } from '../../src/keys/master-key.js';
import { startKeys } from './keys-stage.js';
import type { TestDatabase } from './test-database.js';

@Module({})
class TestKeyRingModule {}

@Module({})
class TestCallerReachModule {}

/** For rooms that are put together without the room `rbac`: nobody reads anything by HTTP there. */
export const callerReachModule: DynamicModule = {
  module: TestCallerReachModule,
  global: true,
  providers: [{ provide: CallerReach, useValue: { scopesWhere: async () => ({ allowed: [], denied: [] }) } }],
  exports: [CallerReach],
};

/** The key ring of a database for rooms that are put together without the room `keys`. */
export async function keyRingModule(database: TestDatabase): Promise<DynamicModule> {
  const { ring } = await startKeys(database, new LocalMasterKey(Buffer.alloc(32, 'rooms')));
  return {
    module: TestKeyRingModule,
    global: true,
    providers: [{ provide: KeyRing, useValue: ring }],
    exports: [KeyRing],
  };
}
