import type { SealedPlace } from './key-ring.js';

/** A column (bytea) that holds sealed values. */
export interface SealedColumn {
  table: string;
  column: string;
  /** The column whose text names the row in the place: usually the primary key. */
  row: string;
  /** The column that holds tenants.id of the place; null where what is sealed belongs to the installation. */
  tenant: string | null;
  /**
   * Whether values are sealed again under the newest key after a rotation. False for what may not be changed or is soon over: its key
   * stays until the last value is gone.
   */
  rewrap: boolean;
}

/** Where the values of one column lie. */
export interface SealedColumnPlaces extends SealedColumn {
  /** @param tenantId only where the column names a tenant; null for a row without one */
  place(rowId: string, tenantId?: string | null): SealedPlace;
}

/** A column (bytea) of a keyed index (KeyedIndex.entry), made from what a sealed column of the same table holds. */
export interface IndexedColumn {
  /** What lies sealed and is searched by this index. */
  source: SealedColumn;
  column: string;
  /** The purpose of KeyRing.index. */
  purpose: string;
  /** What is indexed of the opened value, exactly as it is written and searched; null where the row has no index. */
  textOf(plaintext: Buffer): string | null;
}

/** By table and column. */
const sealed = new Map<string, Map<string, SealedColumnPlaces>>();
const indexed = new Map<string, IndexedColumn>();
const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Declares a column whose values are sealed: nothing else can be sealed, so that every value can be found, counted and sealed again.
 * Each room declares its own, once, when its file is loaded.
 */
export function defineSealedColumn(definition: SealedColumn): SealedColumnPlaces {
  const { table, column, row, tenant } = definition;
  assertNames([table, column, row, ...(tenant === null ? [] : [tenant])]);
  const columns = sealed.get(table) ?? new Map<string, SealedColumnPlaces>();
  if (columns.has(column)) throw new Error(`the sealed column ${table}.${column} is declared twice`);
  const places: SealedColumnPlaces = {
    ...definition,
    place: (rowId, tenantId = null) => ({ table, column, row: rowId, tenant: tenantId }),
  };
  sealed.set(table, columns.set(column, places));
  return places;
}

/** Declares an index, so that it is written again after a rotation of the index key. */
export function defineIndexedColumn(definition: IndexedColumn): IndexedColumn {
  const name = `${definition.source.table}.${definition.column}`;
  assertNames([definition.column]);
  if (indexed.has(name)) throw new Error(`the index ${name} is declared twice`);
  indexed.set(name, definition);
  return definition;
}

export function sealedColumns(): readonly SealedColumn[] {
  return [...sealed.values()].flatMap((columns) => [...columns.values()]);
}

export function indexedColumns(): readonly IndexedColumn[] {
  return [...indexed.values()];
}

/** @throws Error for a place of no declared column: a value there would be lost with the next rotation */
export function assertDeclared(place: SealedPlace): void {
  const declared = sealed.get(place.table)?.get(place.column);
  if (declared === undefined) throw new Error(`${place.table}.${place.column} is no declared sealed column`);
  if (declared.tenant === null && place.tenant != null) {
    throw new Error(`${place.table}.${place.column} is declared without a tenant`);
  }
}

/** They become part of statements. */
function assertNames(names: readonly string[]): void {
  for (const name of names) if (!NAME.test(name)) throw new Error(`${name} is no name of a table or column`);
}
