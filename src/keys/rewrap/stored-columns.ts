import { type IndexedColumn, indexedColumns, type SealedColumn, sealedColumns } from '../../crypto/sealed-columns.js';
import type { RewrapTarget } from './rewrap-progress.repository.js';
import type { VersionedColumn } from './stored-values.repository.js';

/** A column that keys are used for: sealed values, or with `index` entries made from them. */
export interface StoredColumn extends VersionedColumn {
  kind: RewrapTarget['kind'];
  sealed: SealedColumn;
  index: IndexedColumn | null;
  /** Whether it is written again after a rotation. */
  rewrap: boolean;
}

/** Every declared column. A sealed value has its version after the format, an index entry begins with it. */
export function storedColumns(): StoredColumn[] {
  const sealed = sealedColumns().map((column): StoredColumn => {
    return { kind: 'data', sealed: column, index: null, column: column.column, versionAt: 2, rewrap: column.rewrap };
  });
  const indexed = indexedColumns().map((index): StoredColumn => {
    return { kind: 'index', sealed: index.source, index, column: index.column, versionAt: 1, rewrap: true };
  });
  return [...sealed, ...indexed];
}
