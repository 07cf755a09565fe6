/**
 * A month of one class that retention dropped by its own sealed word. Its leaves lie in [from, to), and are so many: others lie between them,
 * and whoever may change a leaf could say of one of those that it was of this month.
 */
export interface DroppedMonth {
  /** `security 2026-01` */
  partition: string;
  from: number;
  to: number;
  leaves: number;
}

/**
 * Of a row `leaf` of audit_leaves: retention hasn't dropped its month, so that its record is still to be there. That a partition is missing
 * says nothing: whoever owns the tables can drop one by hand.
 *
 * @param at number of the first of three parameters, which are droppedParameters
 */
export function monthStands(at: number): string {
  return `NOT EXISTS (
    SELECT FROM unnest($${at}::text[], $${at + 1}::bigint[], $${at + 2}::bigint[]) AS dropped (partition, first_leaf, end_leaf)
     WHERE dropped.partition = leaf.retention_class || ' ' || to_char(leaf.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM')
       AND leaf.leaf_index >= dropped.first_leaf AND leaf.leaf_index < dropped.end_leaf)`;
}

export function droppedParameters(months: readonly DroppedMonth[]): unknown[] {
  return [months.map(({ partition }) => partition), months.map(({ from }) => from), months.map(({ to }) => to)];
}
