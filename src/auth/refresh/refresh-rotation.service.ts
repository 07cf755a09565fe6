import { Injectable } from '@nestjs/common';
import type { Permission } from '../../access/permissions.js';
import { AuditService } from '../../audit/audit.service.js';
import { ANONYMOUS } from '../../audit/audit.types.js';
import { randomToken, sha256 } from '../../crypto/digest.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { newId } from '../../kernel/ids/ids.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import { LIFETIME } from '../lifetimes.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { formatScope } from '../tokens/token-scope.js';
import { type KnownRefreshToken, RefreshTokensRepository } from './refresh-tokens.repository.js';
import type { RotatedSession } from './rotate-statement.js';
import { openSuccessor, sealSuccessor } from './seal-successor.js';

/** Who presents a refresh token, and for what. */
export interface RefreshPresenter {
  /** OAuth client id. */
  clientId: string;
  /** Thumbprint of the key that the sender proved to have; null without a proof. */
  dpopJkt: string | null;
  /** What this one access token is narrowed to (RFC 6749 6); null for all that the session has. */
  scopes: readonly Permission[] | null;
}

export type RotationOutcome =
  | { kind: 'rotated' | 'repeated'; session: RotatedSession; refreshToken: string }
  | { kind: 'invalid' | 'expired' | 'ended' | 'superseded' | 'reused' | 'scope_too_wide' };

/**
 * Rotation of refresh tokens (RFC 9700 4.14.2). A token is taken by one atomic statement. When it comes back within the grace,
 * the same successor is given again, so that two tabs or a lost answer sign nobody out; when it comes back later, somebody has
 * a copy, and the whole family ends with its session. All of this is between the session and its own client and sender key:
 * from anybody else a token is not valid, and nothing happens to its family.
 */
@Injectable()
export class RefreshRotation {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly repository: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
  ) {}

  async rotate(token: string, presenter: RefreshPresenter): Promise<RotationOutcome> {
    const successor = randomToken();
    const tokenHash = sha256(token);
    const session = await this.refreshTokens.rotate({
      tokenHash,
      successorId: newId(),
      successorHash: sha256(successor),
      successorSealed: sealSuccessor(token, successor, tokenHash),
      clientId: presenter.clientId,
      dpopJkt: presenter.dpopJkt,
      scope: presenter.scopes,
      idleSeconds: LIFETIME.idleSeconds,
    });
    const outcome: RotationOutcome =
      session === null
        ? await this.answerRefused(token, presenter)
        : { kind: 'rotated', session, refreshToken: successor };
    if (outcome.kind === 'rotated' || outcome.kind === 'repeated') await this.recordRefreshed(outcome, presenter);
    return outcome;
  }

  /**
   * Before there is an access token. A repetition too: what it gives out is as good, and whoever got the first record prevented
   * would come back for it.
   */
  private recordRefreshed(
    { kind, session }: Extract<RotationOutcome, { session: RotatedSession }>,
    { clientId, scopes }: RefreshPresenter,
  ): Promise<void> {
    const { userId, sessionId, tenantId, displayName, scope, dpopJkt } = session;
    return this.audit.recordAlone(
      { type: 'user', id: userId, displayName, tenantId, sessionId, scopes },
      {
        action: AUTH_ACTIONS['auth.session.refreshed'],
        tenantId,
        target: { type: 'session', id: sessionId },
        outcome: 'success',
        after: {
          clientId,
          scope: scopes === null ? scope : formatScope(scopes),
          senderConstrained: dpopJkt !== null,
          repeated: kind === 'repeated',
        },
      },
    );
  }

  /** Why it couldn't be taken. Only an end is written down, and only by whoever ended it. */
  private async answerRefused(token: string, presenter: RefreshPresenter): Promise<RotationOutcome> {
    const known = await this.transactions.read((tx) => this.refreshTokens.find(tx, token));
    if (known === null || !isPresentedByItsOwn(known, presenter)) return { kind: 'invalid' };
    if (!known.sessionAlive || !known.signInAllowed) return { kind: 'ended' };
    if (!known.userStands) return this.transactions.run((tx) => this.endForChangedUser(tx, known));
    if (known.used && !known.withinGrace) return this.transactions.run((tx) => this.endFamily(tx, known));
    if (!isWithin(presenter.scopes, known.scope)) return { kind: 'scope_too_wide' };
    if (known.used) return repeat(token, known);
    if (known.expired) return { kind: 'expired' };
    // What stood in the way was gone when we looked.
    throw kernelError('service.unavailable', { retryAfterSeconds: 1 });
  }

  private async endFamily(tx: Transaction, token: KnownRefreshToken): Promise<RotationOutcome> {
    const { sessionId, userId, tenantId, familyId, generation } = token;
    const ended = await this.repository.end(tx, sessionId, 'refresh_token_reused');
    // Of several reuses at once one ends the family and tells of it.
    if (ended === null) return { kind: 'ended' };
    await this.audit.record(tx, ANONYMOUS, {
      action: AUTH_ACTIONS['auth.refresh.reused'],
      tenantId,
      target: { type: 'session', id: sessionId },
      outcome: 'failure',
      reason: 'refresh_token_reused',
      before: { userId, familyId, generation },
    });
    await this.outbox.append(tx, { type: 'auth.refresh.reused', tenantId, data: { userId, sessionId } });
    return { kind: 'reused' };
  }

  private async endForChangedUser(tx: Transaction, token: KnownRefreshToken): Promise<RotationOutcome> {
    await this.sessions.end(tx, ANONYMOUS, token.sessionId, 'user_changed');
    return { kind: 'ended' };
  }
}

/** An unbound session's first token may be presented with a proof, which then binds the session. */
function isPresentedByItsOwn(token: KnownRefreshToken, { clientId, dpopJkt }: RefreshPresenter): boolean {
  const mayBind = token.dpopJkt === null && token.generation === 0 && !token.used;
  return token.clientId === clientId && (token.dpopJkt === dpopJkt || mayBind);
}

function isWithin(scopes: readonly string[] | null, sessionScope: string | null): boolean {
  if (scopes === null || sessionScope === null) return true;
  const allowed = new Set(sessionScope.split(' '));
  return scopes.every((scope) => allowed.has(scope));
}

function repeat(token: string, known: KnownRefreshToken): RotationOutcome {
  if (known.successorUsed || known.successorSealed === null) return { kind: 'superseded' };
  const refreshToken = openSuccessor(token, known.successorSealed, sha256(token));
  return refreshToken === null ? { kind: 'invalid' } : { kind: 'repeated', session: known, refreshToken };
}
