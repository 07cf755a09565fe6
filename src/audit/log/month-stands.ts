/** Of a row `leaf` of audit_leaves: its partition is there, or it isn't over. Retention drops whole months that are. */
export const MONTH_STANDS = `(leaf.occurred_at >= date_trunc('month', now(), 'UTC')
  OR to_regclass(format('audit_events_%s_%s', leaf.retention_class, to_char(leaf.occurred_at AT TIME ZONE 'UTC', 'YYYYMM'))) IS NOT NULL)`;
