import { Injectable } from '@nestjs/common';
import { systemActor } from '../../access/actor.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { batchBody, batchItems } from '../../entra/graph-batch.js';
import { BATCH_SIZE } from '../../entra/graph-batches.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { GraphClients } from '../../entra/graph-clients.js';
import { GraphFault, type GraphFaultKind } from '../../entra/graph-fault.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { AccountSignOuts, type PersonLoss } from './account-sign-outs.service.js';
import { DirectoryPassRepository, type WatchedPerson } from './directory-pass.repository.js';
import { type DirectoryAnswer, directoryQuestion, readDirectoryAnswer } from './read-directory-answer.js';

export interface PassResult {
  asked: number;
  /** People of whom Entra ID gave no plain answer; nothing happened to them. */
  unanswered: number;
  /** People whose sessions or programs ended. */
  signedOut: number;
  /** People whom Graph doesn't know, and who were left alone because that was everybody. */
  withheld: number;
  /** Why answers are missing, one sentence for people; null when none is. */
  reason: string | null;
  /** Whether a permission on Graph is what is missing. */
  forbidden: boolean;
}

/** What one batch said. */
interface Answers {
  /** Each person's own, in their order; a missing one is no answer. */
  of: DirectoryAnswer[];
  /** The batches after it needn't be sent. */
  hopeless: boolean;
}

const NO_ANSWERS: Answers = { of: [], hopeless: true };
const ACTOR = systemActor('auth.directory-pass');
const PAGE = 500;
/** So many people and no fewer: a small installation may well lose everybody. */
const MANY = 5;
/** Tokens of Entra ID live for a day and four hours at most (continuous access evaluation), sessions here shorter. */
const LONGEST_LIFE_MS = 28 * 3_600_000;
/** What the next batch would suffer from too. */
const HOPELESS = new Set<GraphFaultKind>(['token', 'unauthorized', 'forbidden', 'throttled']);

/**
 * Asks Entra ID about everybody of a tenant who has something here, and takes it from those whom Entra disabled, deleted or
 * signed out. No answer, or one that isn't whole and plain, ends nobody: that person is asked again in the next pass.
 */
@Injectable()
export class DirectoryPass {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly slots: JobSlots,
    private readonly people: DirectoryPassRepository,
    private readonly graphs: GraphClients,
    private readonly signOuts: AccountSignOuts,
    private readonly clock: DatabaseClock,
  ) {}

  /** @throws DomainError jobs.run_overtaken; the signal's reason when it was aborted */
  async run(tenant: WatchedTenant, run: SlotRun, signal: AbortSignal): Promise<PassResult> {
    const graph = await this.graphs.of(tenant.entraTenantId);
    const result: PassResult = { asked: 0, unanswered: 0, signedOut: 0, withheld: 0, reason: null, forbidden: false };
    const deleted: PersonLoss[] = [];
    let hopeless = false;
    for await (const batch of this.batches(tenant.id)) {
      const askedAtMs = this.clock.nowMs();
      const answers: Answers = hopeless ? NO_ANSWERS : await ask(graph, batch, askedAtMs, signal);
      hopeless = answers.hopeless;
      result.asked += batch.length;
      for (const [position, person] of batch.entries()) {
        const answer = answers.of[position];
        if (answer === undefined || answer.kind === 'unknown') {
          result.unanswered += 1;
          result.reason ??= answer?.reason ?? null;
          result.forbidden ||= answer?.forbidden ?? false;
          continue;
        }
        const loss = lossOf(person, answer, askedAtMs);
        if (loss?.reason === 'entra_deleted') deleted.push(loss);
        else if (loss !== null && (await this.apply(run, loss))) result.signedOut += 1;
      }
    }
    // Absence is believed of some and not of all: that is how a wrong directory, or an empty replica of it, looks.
    if (deleted.length > MANY && deleted.length === result.asked - result.unanswered) result.withheld = deleted.length;
    else for (const loss of deleted) if (await this.apply(run, loss)) result.signedOut += 1;
    return result;
  }

  private async *batches(tenantId: string): AsyncGenerator<WatchedPerson[], void, undefined> {
    let after: string | null = null;
    for (;;) {
      const page: WatchedPerson[] = await this.peopleAfter(tenantId, after);
      for (let start = 0; start < page.length; start += BATCH_SIZE) yield page.slice(start, start + BATCH_SIZE);
      after = page.at(-1)?.id ?? null;
      if (page.length < PAGE) return;
    }
  }

  private peopleAfter(tenantId: string, after: string | null): Promise<WatchedPerson[]> {
    return this.transactions.read((tx) => this.people.findPeople(tx, tenantId, PAGE, after));
  }

  /** One person, one transaction, and only while the run is still ours: what a run that slept knows is out of date. */
  private apply(run: SlotRun, loss: PersonLoss): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      await this.slots.assertFence(tx, run);
      return this.signOuts.apply(tx, ACTOR, loss);
    });
  }
}

/** Never throws for what Graph does. */
async function ask(graph: GraphClient, people: WatchedPerson[], nowMs: number, signal: AbortSignal): Promise<Answers> {
  const paths = people.map(({ objectId }) => directoryQuestion(objectId));
  try {
    const items = batchItems(await graph.post('/$batch', batchBody(paths), signal), paths);
    return {
      of: people.map(({ objectId }, position) => {
        const item = items[position] ?? { path: '', status: 0, body: null };
        return readDirectoryAnswer(item, objectId, nowMs);
      }),
      hopeless: false,
    };
  } catch (error) {
    if (!(error instanceof GraphFault)) throw error;
    const { kind, message: reason } = error;
    return {
      of: people.map(() => ({ kind: 'unknown', reason, forbidden: kind === 'forbidden' })),
      hopeless: HOPELESS.has(kind),
    };
  }
}

/** Null when the person keeps everything. */
function lossOf(
  person: WatchedPerson,
  answer: Exclude<DirectoryAnswer, { kind: 'unknown' }>,
  askedAtMs: number,
): PersonLoss | null {
  if (answer.kind !== 'present') {
    const askedAt = new Date(askedAtMs);
    // Whoever signs in after the question has shown that Entra lets them in.
    const reason = answer.kind === 'deleted' ? 'entra_deleted' : 'entra_disabled';
    return { person, reason, sessionsBefore: askedAt, tokensUntil: askedAt };
  }
  const { validFrom } = answer;
  if (validFrom === null || validFrom.getTime() < askedAtMs - LONGEST_LIFE_MS) return null;
  // Graph tells it in whole seconds: what began in the same second is as old as the end.
  const sessionsBefore = new Date(Math.floor(validFrom.getTime() / 1000) * 1000 + 1000);
  return { person, reason: 'entra_sessions_revoked', sessionsBefore, tokensUntil: validFrom };
}
