import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { DriftProposal } from './drift-proposal.entity.js';
import type { ProposalStatus } from './proposal.types.js';

export type NewProposal = Pick<
  DriftProposal,
  'tenantId' | 'kind' | 'subjectId' | 'subjectVersion' | 'content' | 'reason' | 'proposedById' | 'proposedByName'
>;

@Injectable()
export class ProposalsRepository {
  findById(tx: Transaction, id: string): Promise<DriftProposal | null> {
    return tx.findOneBy(DriftProposal, { id });
  }

  /** Newest first. */
  findPage(tx: Transaction, tenants: TenantsInReach, limit: number, beforeId: string | null): Promise<DriftProposal[]> {
    return tx.find(DriftProposal, {
      where: {
        ...(tenants === null ? {} : { tenantId: In([...tenants]) }),
        ...(beforeId === null ? {} : { id: LessThan(beforeId) }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  /** Those of a tenant that wait, and how many of them are somebody's. Whoever else proposes there waits for this transaction. */
  async countWaiting(tx: Transaction, tenantId: string, proposer: string): Promise<{ all: number; own: number }> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('drift.proposals:' || $1::uuid, 0))`, [tenantId]);
    const rows = await tx.query<{ all: number; own: number }[]>(
      `SELECT count(*)::int AS "all", (count(*) FILTER (WHERE proposed_by_id = $2))::int AS own FROM drift_proposals
        WHERE tenant_id = $1 AND status = 'pending' AND expires_at > now()`,
      [tenantId, proposer],
    );
    return rows[0] ?? { all: 0, own: 0 };
  }

  async insert(tx: Transaction, proposal: NewProposal, days: number): Promise<DriftProposal> {
    const id = newId();
    await tx
      .createQueryBuilder()
      .insert()
      .into(DriftProposal)
      .values({ ...proposal, id, status: 'pending', version: 1, expiresAt: () => `now() + interval '${days} days'` })
      .execute();
    return tx.findOneByOrFail(DriftProposal, { id });
  }

  /** Answers a proposal that waits, hasn't expired and has the version that was read; null when not. Once. */
  async answer(
    tx: Transaction,
    id: string,
    version: number,
    status: Exclude<ProposalStatus, 'pending'>,
    actor: Actor,
    reason: string,
  ): Promise<DriftProposal | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(DriftProposal)
      .set({
        status,
        decidedById: actor.id,
        decidedByName: actor.displayName,
        decidedAt: () => 'now()',
        decisionReason: reason,
        version: () => 'version + 1',
      })
      .where("id = :id AND version = :version AND status = 'pending' AND expires_at > now()", { id, version })
      .execute();
    return affected === 1 ? this.findById(tx, id) : null;
  }
}
