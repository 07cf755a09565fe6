import { randomBytes } from 'node:crypto';
import type { SealedPlace } from '../crypto/key-ring.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { LocalMasterKey } from './master-key.js';
import type { WrappedKey } from './vault/key-encryption-key.js';

const MASTER_KEY = Buffer.alloc(32, 'a test');

/** A vault that answers a wrong thing as if it were right. */
class SpoiltVault extends LocalMasterKey {
  constructor(private readonly spoil: (wrapped: Buffer) => Buffer) {
    super(MASTER_KEY);
  }

  override async wrap(key: Uint8Array, place: SealedPlace): Promise<WrappedKey> {
    const { wrapped, wrappedBy } = await super.wrap(key, place);
    return { wrapped: this.spoil(wrapped), wrappedBy };
  }
}

/** One that opens nothing as what it was. */
class ForgetfulVault extends LocalMasterKey {
  override async unwrap(): Promise<Buffer> {
    return randomBytes(32);
  }
}

describe('what a vault wrapped', () => {
  const vaults = {
    'is empty': new SpoiltVault(() => Buffer.alloc(0)),
    'is cut off': new SpoiltVault((wrapped) => wrapped.subarray(0, -1)),
    'opens as another key': new ForgetfulVault(MASTER_KEY),
  };

  it.each(Object.entries(vaults))(
    'is not stored when it %s: no new key, and no key wrapped again',
    async (_what, vault) => {
      const refused = { code: 'keys.vault_unavailable', detail: expect.stringContaining('Nothing was stored') };
      const wrapping = new KeyWrapping(vault);
      await expect(wrapping.newDataKey(1)).rejects.toMatchObject(refused);
      await expect(wrapping.newIndexKey(1)).rejects.toMatchObject(refused);
      await expect(wrapping.newCheckpointKey()).rejects.toMatchObject(refused);
      const { wrappedKey, wrappedBy } = await new KeyWrapping(new LocalMasterKey(MASTER_KEY)).newDataKey(1);
      await expect(wrapping.rewrap('data_keys', '1', wrappedKey, wrappedBy)).rejects.toMatchObject(refused);
    },
  );

  it('is stored when it opens', async () => {
    const wrapping = new KeyWrapping(new LocalMasterKey(MASTER_KEY));
    const row = { ...(await wrapping.newDataKey(1)), createdAt: new Date(), retiringSince: null };
    const again = await wrapping.rewrap('data_keys', '1', row.wrappedKey, row.wrappedBy);
    expect(await wrapping.openDataKey({ ...row, wrappedKey: again.wrapped })).toEqual(await wrapping.openDataKey(row));
  });
});
