import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds people among many by parts of their names, in any order of the list. */
export class UsersSearch1764000000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.names(runner);
    await this.orders(runner);
  }

  private async names(runner: QueryRunner): Promise<void> {
    // Letters without case and accents. A database with the locale C folds ASCII alone by itself, hence ICU where it is built in.
    await runner.query(`
      CREATE FUNCTION folded_text(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
      RETURN lower(regexp_replace(normalize(given, NFKD), '[\\u0300-\\u036f]+', '', 'g')${await this.icu(runner)})`);
    // Sorted by code point: pages mustn't come apart when an operating system's collation is upgraded.
    await runner.query(`
      ALTER TABLE users
        ADD COLUMN search_text text GENERATED ALWAYS AS (folded_text(display_name || E'\\n'
          || coalesce(user_principal_name, '') || E'\\n' || coalesce(email, ''))) STORED,
        ADD COLUMN sort_name text COLLATE "C" GENERATED ALWAYS AS (left(folded_text(display_name), 64)) STORED`);
    const [trigrams] = await runner.query(`SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'`);
    // Without it the search finds the same, only slower.
    if (trigrams === undefined) return;
    await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm');
    await runner.query('CREATE INDEX ix_users_search_text ON users USING gin (search_text gin_trgm_ops)');
  }

  private async orders(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX ix_users_sort_name ON users (sort_name, id)');
    await runner.query('CREATE INDEX ix_users_created_at ON users (created_at, id)');
    await runner.query(
      `CREATE INDEX ix_users_last_sign_in_at ON users (coalesce(last_sign_in_at, '-infinity'::timestamptz), id)`,
    );
    await runner.query("CREATE INDEX ix_users_status ON users (status, id) WHERE status <> 'active'");
  }

  /** Collates a folding by ICU, which knows the letters of every script. */
  private async icu(runner: QueryRunner): Promise<string> {
    const [known] = await runner.query(
      `SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu' AND collnamespace = 'pg_catalog'::regnamespace`,
    );
    return known === undefined ? '' : ' COLLATE pg_catalog."und-x-icu"';
  }

  /** The extension stays: others may use it, and it may have been there before. */
  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['status', 'last_sign_in_at', 'created_at']) await runner.query(`DROP INDEX ix_users_${index}`);
    await runner.query('ALTER TABLE users DROP COLUMN search_text, DROP COLUMN sort_name');
    await runner.query('DROP FUNCTION folded_text(text)');
  }
}
