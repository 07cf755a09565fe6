import type { MigrationInterface, QueryRunner } from 'typeorm';

const keyFunction = (member: string) => `
  CREATE OR REPLACE FUNCTION access_key(kind text, r jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
      WHEN 'membership' THEN (r ->> 'group_id') || ':' || ${member}
      WHEN 'permission' THEN r ->> 'name'
      ELSE r ->> 'id' END
  $$`;

/**
 * A member of a group is somebody whom this service knows, or an object of the directory. One of each with the same id had one key in the
 * history of access: where both went in one transaction only one was written down as gone, and whoever followed the history let the
 * other keep what the group gives.
 */
export class MembershipKeys1764000000037 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(keyFunction(`coalesce(r ->> 'user_id', 'object ' || (r ->> 'object_id'))`));
    await runner.query(`
      UPDATE access_history SET key = (content ->> 'groupId') || ':object ' || (content ->> 'objectId')
       WHERE kind = 'membership' AND content ->> 'userId' IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE access_history SET key = (content ->> 'groupId') || ':' || (content ->> 'objectId')
       WHERE kind = 'membership' AND content ->> 'userId' IS NULL`);
    await runner.query(keyFunction(`coalesce(r ->> 'user_id', r ->> 'object_id')`));
  }
}
