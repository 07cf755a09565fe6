import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { AssignmentContent } from '../rbac.types.js';
import { AssignmentsRepository } from './assignments.repository.js';

describe('what another wrote while a transaction waited for the lock', () => {
  const assignments = new AssignmentsRepository();
  const user = { type: 'user' as const, id: newId() };
  let database: TestDatabase;
  let transactions: TransactionRunner;
  let content: AssignmentContent;

  beforeAll(async () => {
    database = await createTestDatabase();
    transactions = new TransactionRunner(database.dataSource);
    const [tenantId, roleId] = [newId(), newId()];
    await database.dataSource.query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $1, 'Contoso', true, false, 60)`,
      [tenantId],
    );
    await database.dataSource.query(
      `INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $3, 'Ada')`,
      [user.id, tenantId, newId()],
    );
    await database.dataSource.query(`INSERT INTO roles (id, name, description) VALUES ($1, 'waited-for', '')`, [
      roleId,
    ]);
    content = { roleId, scope: '/', effect: 'allow', validFrom: null, validUntil: null, reason: 'test' };
  });
  afterAll(() => database?.close());

  it('is the same assignment, and one that holds, though it begins after that transaction did', async () => {
    const { others, holds } = await transactions.run(async (waiting) => {
      await waiting.query('SELECT now()');
      const written = await transactions.run(async (first) => {
        await assignments.lockChanges(first);
        return assignments.insertAssignment(first, user, content, { type: 'system', id: systemActor('test').id });
      });
      await assignments.lockChanges(waiting);
      const { same } = await assignments.findOthers(waiting, user.id, content);
      return { others: same === written, holds: await assignments.hasPermanentAllow(waiting, user.id, content.roleId) };
    });
    expect({ others, holds }).toEqual({ others: true, holds: true });
  });
});
