import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';

const DEVICE = defineSealedColumn({
  table: 'user_sessions',
  column: 'sealed_device',
  row: 'id',
  tenant: null,
  rewrap: true,
});

/** From where a session began. */
export interface SessionDevice {
  sourceAddress: string | null;
  userAgent: string | null;
}

/** As it lies in a row: what DEVICE_COLUMNS selects. */
export interface DeviceColumns {
  /** Null when nothing is known. */
  sealedDevice: Buffer | null;
}

/** Of user_sessions, as `s`. */
export const DEVICE_COLUMNS = 's.sealed_device AS "sealedDevice"';

/** Seals and opens from where people are signed in. */
@Injectable()
export class SessionDevices {
  constructor(private readonly keys: KeyRing) {}

  /** @returns null when nothing is known */
  async seal(sessionId: string, { sourceAddress, userAgent }: SessionDevice): Promise<Buffer | null> {
    if (sourceAddress === null && userAgent === null) return null;
    return this.keys.seal(Buffer.from(canonicalJson({ sourceAddress, userAgent }), 'utf8'), DEVICE.place(sessionId));
  }

  /**
   * The row with its device opened.
   *
   * @throws DomainError keys.cannot_open
   */
  async open<Row extends DeviceColumns & { id: string }>({
    sealedDevice,
    ...row
  }: Row): Promise<Omit<Row, keyof DeviceColumns> & SessionDevice> {
    if (sealedDevice === null) return { ...row, sourceAddress: null, userAgent: null };
    const text = (await this.keys.open(sealedDevice, DEVICE.place(row.id))).toString('utf8');
    const { sourceAddress, userAgent } = JSON.parse(text) as SessionDevice;
    return { ...row, sourceAddress, userAgent };
  }
}
