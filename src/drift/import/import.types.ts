import type { TenantSnapshot } from '../snapshot/snapshot.types.js';

/** One kind of export: how it is recognised and how it is read. */
export interface ExportFormat {
  /** What people call it. */
  title: string;
  /** Whether this path holds one; looks at names and first bytes only. Returns the path to read, or null. */
  detect: (path: string) => Promise<string | null>;
  /** @throws ExportError */
  read: (path: string) => Promise<TenantSnapshot>;
}
