import { Injectable } from '@nestjs/common';
import { type Actor, systemActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { GraphClients } from '../../entra/graph-clients.js';
import { GraphFault } from '../../entra/graph-fault.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { SCAN_JOB } from '../scan-job.js';
import { ExecutionStopped } from './execution.types.js';
import { performRequest, UnresolvedRequestError } from './perform-requests.js';
import type { RemediationDetails, RemediationStep } from './remediation.types.js';
import type { PlannedRequest } from './remediation-plan.types.js';
import { type Ending, RemediationsRepository } from './remediations.repository.js';
import { Remediations } from './remediations.service.js';
import { TenantState } from './tenant-state.service.js';
import { isRefusal, TenantWriter } from './tenant-writer.js';

/** A tenant that throttles without end takes this much time of what others wait for; its outcome is read after that. */
export const EXECUTION_LIMITS = { sendingMs: 30 * 60_000 };

export const REMEDIATION_ACTOR = systemActor('drift.remediate');

/**
 * Carries out what two people agreed on, one execution of a tenant after the other and one request after the other. Before a request
 * leaves it stands on record as intended; one of which the answer isn't on record is never sent again.
 */
@Injectable()
export class RemediationRun {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly remediations: RemediationsRepository,
    private readonly people: Remediations,
    private readonly tenants: TenantsService,
    private readonly state: TenantState,
    private readonly graph: GraphClients,
    private readonly slots: JobSlots,
    private readonly audit: AuditService,
  ) {}

  /** Everything that is approved for the tenant of the slot, then completes the slot. */
  async work(tenant: WatchedTenant, run: SlotRun, signal: AbortSignal): Promise<void> {
    for (let done = 0; ; done++) {
      signal.throwIfAborted();
      const taken = await this.transactions.run(async (tx) => {
        await this.slots.assertFence(tx, run);
        const left = await this.remediations.findRunning(tx, tenant.id);
        const id = left ?? (await this.remediations.take(tx, tenant.id));
        if (id === null) {
          await this.slots.complete(tx, run, { executions: done });
          return null;
        }
        const details = await this.remediations.findDetails(tx, id);
        if (details !== null && left === null) await this.record(tx, details, 'started', 'success', null);
        return details;
      });
      if (taken === null) return;
      // Of a run that stopped before its first request there is nothing to find out.
      if (taken.steps.length > 0) await this.stateWhatIs(tenant, run, taken, signal);
      else await this.carryOut(tenant, run, taken, signal);
    }
  }

  private async carryOut(
    tenant: WatchedTenant,
    run: SlotRun,
    taken: RemediationDetails,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, objects } = taken;
    const given = new Map<string, string>();
    const made = new Map<string, string>();
    const begun = new Set<string>();
    let stopped: ExecutionStopped | null = null;
    let sent = 0;
    const { entraTenantId } = tenant;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new ExecutionStopped('failed', LATE)), EXECUTION_LIMITS.sendingMs);
    const inTime = AbortSignal.any([signal, late.signal]);
    /** Objects of which nothing was written yet. */
    const untouched = (resourceType: string, resourceKey: string) =>
      objects.filter(({ type, key }) => type === resourceType && key === resourceKey && !begun.has(nameOf(type, key)));
    try {
      await this.assertMayBegin(tenant, taken, inTime);
      await this.state.assertAsPlanned(entraTenantId, objects, inTime);
      for (const request of plan.requests) {
        const { resourceType, resourceKey } = request;
        const its = untouched(resourceType, resourceKey);
        const writer = new TenantWriter(await this.graph.of(entraTenantId), inTime, () =>
          this.state.assertAsPlanned(entraTenantId, its, inTime),
        );
        if (its.length > 0) {
          await writer.noteTags([request]);
          await this.state.assertAsPlanned(entraTenantId, its, inTime);
        }
        inTime.throwIfAborted();
        await this.perform(run, taken, request, writer, given, inTime);
        sent += 1;
        begun.add(nameOf(resourceType, resourceKey));
        if (request.gives !== null) made.set(resourceKey, given.get(request.gives) ?? resourceKey);
      }
    } catch (error) {
      signal.throwIfAborted();
      stopped = stopOf(reasonOf(error, inTime), sent);
      if (stopped === null) throw error;
    } finally {
      clearTimeout(timer);
    }
    await this.end(tenant, run, taken, { made, stopped, sent }, signal);
  }

  /** After a run that stopped on the way: what the tenant holds is read and said, and nothing is sent. */
  private async stateWhatIs(
    tenant: WatchedTenant,
    run: SlotRun,
    taken: RemediationDetails,
    signal: AbortSignal,
  ): Promise<void> {
    const sent = taken.steps.filter(({ status }) => status === 'done').length;
    await this.transactions.run(async (tx) => {
      await this.slots.assertFence(tx, run);
      for (const { number } of taken.steps.filter(({ status }) => status === 'intended'))
        await this.answered(tx, taken, {
          number,
          status: 'unknown',
          httpStatus: null,
          detail: 'The service stopped before the answer was on record.',
        });
    });
    const stopped = new ExecutionStopped(
      'failed',
      `The service stopped on the way; ${sent} of ${taken.plan.requests.length} requests are known to be done, and none was sent again.`,
    );
    await this.end(tenant, run, taken, { made: new Map(), stopped, sent: taken.steps.length }, signal);
  }

  /** @throws ExecutionStopped */
  private async assertMayBegin(tenant: WatchedTenant, taken: RemediationDetails, signal: AbortSignal): Promise<void> {
    const { requestedBy, decidedBy, plan } = taken;
    // Also where it was taken in time and its run stopped before the first request: what it was agreed for is long over.
    if (await this.transactions.read((tx) => this.remediations.hasExpired(tx, taken.id)))
      throw new ExecutionStopped('expired', EXPIRED);
    if (!tenant.remediationEnabled) throw new ExecutionStopped('failed', SWITCHED_OFF);
    if (decidedBy === null || decidedBy.id === requestedBy.id)
      throw new ExecutionStopped('failed', 'It was not approved by a second person.');
    for (const person of [requestedBy, decidedBy])
      if (!(await this.people.mayStill(person, tenant.id)))
        throw new ExecutionStopped('failed', `${person.displayName} may not execute plans in this tenant any more.`);
    const moved = await this.transactions.read((tx) => this.people.whyMoved(tx, taken));
    if (moved !== null) throw new ExecutionStopped('superseded', moved);
    const lacking = await this.state.lacking(tenant.entraTenantId, plan.permissions, signal);
    if (lacking.length > 0)
      throw new ExecutionStopped(
        'failed',
        `The tenant has not given this service the application permission ${lacking.join(', ')}; nothing was sent.`,
      );
  }

  /** @throws ExecutionStopped; whatever isn't a fault of the tenant or of the plan */
  private async perform(
    run: SlotRun,
    taken: RemediationDetails,
    request: PlannedRequest,
    writer: TenantWriter,
    given: Map<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { number, permission } = request;
    await this.transactions.run(async (tx) => {
      await this.slots.assertFence(tx, run);
      const tenant = await this.tenants.find(tx, taken.tenantId);
      if (tenant?.remediationEnabled !== true) throw new ExecutionStopped('failed', SWITCHED_OFF);
      // What has begun is carried through.
      if (number === taken.plan.requests[0]?.number && (await this.remediations.hasExpired(tx, taken.id)))
        throw new ExecutionStopped('expired', EXPIRED);
      await this.remediations.intend(tx, taken.id, number);
      await this.record(tx, taken, 'request_intended', 'success', null, describe(request));
    });
    let step: Pick<RemediationStep, 'status' | 'httpStatus' | 'detail'> = DONE;
    let failure: unknown = null;
    try {
      writer.begin();
      await performRequest(request, writer, given);
    } catch (thrown) {
      const error = reasonOf(thrown, signal);
      failure = error;
      if (error instanceof GraphFault) {
        const refused = !writer.hasSent || isRefusal(error);
        const detail = error.kind === 'forbidden' ? `${error.message}; the request needs ${permission}` : error.message;
        step = { status: refused ? 'refused' : 'unknown', httpStatus: error.status, detail };
      } else if (error instanceof UnresolvedRequestError || error instanceof ExecutionStopped) {
        step = { status: writer.hasSent ? 'unknown' : 'refused', httpStatus: null, detail: error.message };
      } else throw error;
    }
    await this.transactions.run(async (tx) => {
      await this.slots.assertFence(tx, run);
      await this.answered(tx, taken, { number, ...step });
    });
    if (failure instanceof ExecutionStopped) throw failure;
    if (step.status === 'done') return;
    const isStale = step.httpStatus === 412;
    const said = step.status === 'refused' ? 'was not done' : 'may have been done or not';
    throw new ExecutionStopped(isStale ? 'superseded' : 'failed', `Request ${number} ${said}: ${step.detail}.`);
  }

  private async end(
    tenant: WatchedTenant,
    run: SlotRun,
    taken: RemediationDetails,
    { made, stopped, sent }: { made: ReadonlyMap<string, string>; stopped: ExecutionStopped | null; sent: number },
    signal: AbortSignal,
  ): Promise<void> {
    const nothingSent = stopped !== null && sent === 0 && !(await this.hasUnknown(taken.id));
    const outcomes = nothingSent
      ? new Map(taken.changes.map(({ id }) => [id, 'standing' as const]))
      : await this.state.outcomes(tenant.entraTenantId, taken, made, signal);
    const restored = [...outcomes.values()].filter((one) => one === 'restored').length;
    const isWhole = !nothingSent && restored === taken.changes.length;
    const status: Ending = isWhole ? 'succeeded' : nothingSent && stopped !== null ? stopped.status : 'failed';
    const counted = `${restored} of ${taken.changes.length} changes have the value of the baseline.`;
    const outcome = nothingSent ? stopped.message : stopped === null ? counted : `${stopped.message} ${counted}`;
    await this.transactions.run(async (tx) => {
      await this.slots.assertFence(tx, run);
      await this.remediations.setOutcomes(tx, taken.id, outcomes);
      await this.remediations.finish(tx, taken.id, status, outcome);
      await this.record(tx, taken, 'finished', status === 'succeeded' ? 'success' : 'failure', outcome, {
        status,
        outcomes: Object.fromEntries(outcomes),
      });
      if (!nothingSent && tenant.scanEnabled) await this.slots.openManual(tx, SCAN_JOB, tenant.id, REMEDIATION_ACTOR);
    });
  }

  private async hasUnknown(id: string): Promise<boolean> {
    const details = await this.transactions.read((tx) => this.remediations.findDetails(tx, id));
    return details === null || details.steps.some(({ status }) => status !== 'refused');
  }

  private async answered(
    tx: Transaction,
    taken: RemediationDetails,
    step: Pick<RemediationStep, 'number' | 'status' | 'httpStatus' | 'detail'>,
  ): Promise<void> {
    await this.remediations.endStep(tx, taken.id, step);
    const { number, status, httpStatus, detail } = step;
    const outcome = status === 'done' ? 'success' : 'failure';
    await this.record(tx, taken, 'request_answered', outcome, detail, { number, status, httpStatus });
  }

  private record(
    tx: Transaction,
    taken: RemediationDetails,
    what: 'started' | 'request_intended' | 'request_answered' | 'finished',
    outcome: 'success' | 'failure',
    reason: string | null,
    after: JsonObject = {},
    actor: Actor = REMEDIATION_ACTOR,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS[`drift.remediation.${what}`],
      tenantId: taken.tenantId,
      target: { type: 'drift-remediation', id: taken.id },
      outcome,
      ...(reason === null ? {} : { reason }),
      after: { ...after, requestedBy: taken.requestedBy.id, approvedBy: taken.decidedBy?.id ?? null },
    });
  }
}

const SWITCHED_OFF = 'The tenant lets nobody execute plans any more; its settings say so.';
const EXPIRED = 'Its day was over before its first request.';
const LATE = 'It took longer than there is time for one execution, and nothing more was sent.';
const DONE = { status: 'done', httpStatus: null, detail: null } as const;

function describe({ number, method, version, path, body, permission, changeIds }: PlannedRequest): JsonObject {
  return { number, method, path: `/${version}${path}`, body, permission, changeIds };
}

function nameOf(type: string, key: string): string {
  return `${type} ${key}`;
}

/** What broke off because the time is over says only that it was broken off. */
function reasonOf(error: unknown, { reason }: AbortSignal): unknown {
  return reason instanceof ExecutionStopped ? reason : error;
}

/** What ends an execution; null for what says nothing about it, such as a database that is away. */
function stopOf(error: unknown, sent: number): ExecutionStopped | null {
  if (error instanceof ExecutionStopped)
    // What was begun isn't superseded any more.
    return sent > 0 && error.status === 'superseded' ? new ExecutionStopped('failed', error.message) : error;
  if (error instanceof GraphFault) return new ExecutionStopped('failed', `Graph: ${error.message}.`);
  return null;
}
