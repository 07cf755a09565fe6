import { Injectable } from '@nestjs/common';
import { RetentionRules } from '../jobs/retention-rules.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SignInAttemptsRepository } from './sign-in/sign-in-attempts.repository.js';
import { StandingsRepository } from './tokens/standings.repository.js';
import { UsedProofs } from './used-proofs.repository.js';

/** Sessions that ended, with their refresh tokens: a token that comes back is told apart from one that never was for so long. */
export const SESSIONS_KEPT_DAYS = 90;

@Injectable()
export class AuthRetention {
  constructor(
    rules: RetentionRules,
    sessions: SessionsRepository,
    attempts: SignInAttemptsRepository,
    proofs: UsedProofs,
    standings: StandingsRepository,
  ) {
    rules.register({
      name: 'auth.sessions',
      deleteBatch: (tx, limit) => sessions.deleteEnded(tx, SESSIONS_KEPT_DAYS, limit),
    });
    rules.register({ name: 'auth.attempts', deleteBatch: (tx, limit) => attempts.deleteExpired(tx, limit) });
    rules.register({ name: 'auth.proofs', deleteBatch: (tx, limit) => proofs.deleteExpired(tx, limit) });
    rules.register({ name: 'auth.revocations', deleteBatch: (tx, limit) => standings.deleteExpired(tx, limit) });
  }
}
