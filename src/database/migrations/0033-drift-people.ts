import type { MigrationInterface, QueryRunner } from 'typeorm';

const SEVERITIES = "('critical', 'high', 'medium', 'low', 'info')";
const REASONS = "'came-back', 'value-changed', 'decision-ended', 'rule-ended', 'by-person'";
const KINDS = "'decision', 'ignore-rule', 'baseline'";

/**
 * What a decision was about and whether two people made it, what people were told of a change, settings that a second person
 * has to approve, and how often a row of a bulk decision was tried.
 */
export class DriftPeople1764000000033 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE drift_changes
        ADD COLUMN decided_severity text
          CONSTRAINT ck_drift_changes_decided_severity CHECK (decided_severity IN ${SEVERITIES}),
        ADD COLUMN decided_by_two boolean NOT NULL DEFAULT false,
        ADD COLUMN told_severity text
          CONSTRAINT ck_drift_changes_told_severity CHECK (told_severity IN ${SEVERITIES}),
        DROP CONSTRAINT ck_drift_changes_reopen_reason,
        ADD CONSTRAINT ck_drift_changes_reopen_reason CHECK (reopen_reason IN (${REASONS}, 'graver'))`);
    // What was decided before is taken as decided about what it says now; nobody is told again of what stands.
    await runner.query(`
      UPDATE drift_changes
         SET told_severity = severity,
             decided_severity = CASE WHEN decided_at IS NOT NULL AND ignore_rule_id IS NULL THEN severity END,
             decided_at = greatest(decided_at, CASE WHEN decided_at IS NOT NULL THEN created_at END)`);
    await runner.query(`
      ALTER TABLE drift_proposals
        DROP CONSTRAINT ck_drift_proposals_kind,
        ADD CONSTRAINT ck_drift_proposals_kind
          CHECK (kind IN (${KINDS}, 'rule-override', 'change-window', 'tenant-settings'))`);
    await runner.query(`
      ALTER TABLE drift_bulk_rows
        ADD COLUMN attempts smallint NOT NULL DEFAULT 0,
        DROP CONSTRAINT ck_drift_bulk_rows_outcome,
        ADD CONSTRAINT ck_drift_bulk_rows_outcome CHECK (outcome IN ('decided', 'refused', 'failed'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE drift_bulk_rows SET outcome = 'refused' WHERE outcome = 'failed'`);
    await runner.query(`
      ALTER TABLE drift_bulk_rows
        DROP COLUMN attempts,
        DROP CONSTRAINT ck_drift_bulk_rows_outcome,
        ADD CONSTRAINT ck_drift_bulk_rows_outcome CHECK (outcome IN ('decided', 'refused'))`);
    await runner.query(
      `DELETE FROM drift_proposals WHERE kind IN ('rule-override', 'change-window', 'tenant-settings')`,
    );
    await runner.query(`
      ALTER TABLE drift_proposals
        DROP CONSTRAINT ck_drift_proposals_kind,
        ADD CONSTRAINT ck_drift_proposals_kind CHECK (kind IN (${KINDS}))`);
    await runner.query(`UPDATE drift_changes SET reopen_reason = 'decision-ended' WHERE reopen_reason = 'graver'`);
    await runner.query(`
      ALTER TABLE drift_changes
        DROP COLUMN told_severity, DROP COLUMN decided_by_two, DROP COLUMN decided_severity,
        DROP CONSTRAINT ck_drift_changes_reopen_reason,
        ADD CONSTRAINT ck_drift_changes_reopen_reason CHECK (reopen_reason IN (${REASONS}))`);
  }
}
