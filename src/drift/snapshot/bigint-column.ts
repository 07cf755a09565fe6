import type { ValueTransformer } from 'typeorm';

/** bigint columns that count scans: the driver gives text, and no tenant is scanned 2^53 times. */
export const COUNTED: ValueTransformer = {
  to: (value: number | null) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
