import { randomBytes } from 'node:crypto';
import type { SealedPlace } from '../crypto/key-ring.js';
import { keyCheckValue } from './key-check-value.js';
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
      const { id, wrappedPrivateKey, wrappedBy } = await new KeyWrapping(
        new LocalMasterKey(MASTER_KEY),
      ).newCheckpointKey();
      const stored = {
        kind: 'checkpoint_keys',
        name: id,
        wrapped: wrappedPrivateKey,
        wrappedBy,
        checkValue: null,
      } as const;
      await expect(wrapping.rewrap(stored)).rejects.toMatchObject(refused);
    },
  );

  it('is stored when it opens', async () => {
    const wrapping = new KeyWrapping(new LocalMasterKey(MASTER_KEY));
    const row = { ...(await wrapping.newDataKey(1)), createdAt: new Date(), retiringSince: null };
    const again = await wrapping.rewrap({ kind: 'data_keys', name: '1', ...row, wrapped: row.wrappedKey });
    expect(await wrapping.openDataKey({ ...row, wrappedKey: again.wrapped })).toEqual(await wrapping.openDataKey(row));
  });
});

describe('a secret key', () => {
  const wrapping = () => new KeyWrapping(new LocalMasterKey(MASTER_KEY));
  const dates = { createdAt: new Date(), retiringSince: null };
  const exchanged = { code: 'keys.exchanged', detail: expect.stringContaining('data_keys 1') };

  it('is refused when another that opens lies in its place, at opening and at wrapping again', async () => {
    const [made, other] = [await wrapping().newDataKey(1), await wrapping().newDataKey(1)];
    const row = { ...made, ...dates, wrappedKey: other.wrappedKey };
    await expect(wrapping().openDataKey(row)).rejects.toMatchObject(exchanged);
    await expect(wrapping().openDataKey({ ...row, checkValue: null })).rejects.toMatchObject(exchanged);
    await expect(wrapping().openDataKey({ ...row, checkValue: Buffer.alloc(0) })).rejects.toMatchObject(exchanged);
    const stored = { kind: 'data_keys', name: '1', ...made, wrapped: other.wrappedKey } as const;
    await expect(wrapping().rewrap(stored)).rejects.toMatchObject(exchanged);
    const index = { ...(await wrapping().newIndexKey(1)), state: 'current' } as const;
    const { wrappedKey } = await wrapping().newIndexKey(1);
    await expect(wrapping().openIndexKey({ ...index, wrappedKey })).rejects.toMatchObject({ code: 'keys.exchanged' });
  });

  it('is refused by a process that opened the one before, also when its check value was exchanged with it', async () => {
    const [made, other] = [await wrapping().newDataKey(1), await wrapping().newDataKey(1)];
    const running = wrapping();
    await running.openDataKey({ ...made, ...dates });
    await expect(running.openDataKey({ ...other, ...dates })).rejects.toMatchObject(exchanged);
    await running.openDataKey({ ...made, ...dates });
  });

  it('has a check value of its place that is not the same at another', async () => {
    const values = [await wrapping().newDataKey(1), await wrapping().newDataKey(2)].map(({ checkValue }) => checkValue);
    expect(values.map((value) => value?.byteLength)).toEqual([32, 32]);
    expect(keyCheckValue(MASTER_KEY, { table: 'data_keys', column: 'wrapped_key', row: '1' })).not.toEqual(
      keyCheckValue(MASTER_KEY, { table: 'index_keys', column: 'wrapped_key', row: '1' }),
    );
  });
});
