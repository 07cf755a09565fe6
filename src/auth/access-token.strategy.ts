import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import type { UserActor } from '../access/actor.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { newId } from '../kernel/ids/ids.js';
import { AccessTokens } from './access-tokens.service.js';
import { Actors } from './actors.service.js';
import { authError } from './auth.errors.js';
import { bearerToken } from './bearer-token.js';

type Verify = (token: string, done: (error: unknown, actor?: UserActor | null) => void) => void;
type Outcome = { success(user: unknown): void; fail(challenge: unknown): void; error(error: unknown): void };

/** Takes the token out of the Authorization header and tells Passport the outcome. A refusal's challenge is a DomainError. */
class BearerTokenStrategy extends Strategy {
  readonly name: string;

  constructor(private readonly verify: Verify) {
    super();
    // Passport's registry belongs to the process: two applications in one must not take each other's strategy.
    this.name = `access-token:${newId()}`;
  }

  override authenticate(request: { headers: { authorization?: string } }): void {
    const outcome = this as unknown as Outcome; // typed with overloads that no value of unknown type fits
    const token = bearerToken(request.headers.authorization);
    if (token === null) {
      outcome.fail(authError('auth.token_missing'));
      return;
    }
    this.verify(token, (error, actor) => {
      if (actor !== null && actor !== undefined) outcome.success(actor);
      else if (error instanceof DomainError && error.kind === 'unauthenticated') outcome.fail(error);
      else outcome.error(error);
    });
  }
}

/** Our own access tokens. Succeeds with the UserActor; a token that isn't one of ours is left to the next strategy. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(BearerTokenStrategy) {
  declare readonly name: string;

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly actors: Actors,
  ) {
    super();
  }

  /** @throws DomainError auth.token_invalid, auth.token_expired, auth.session_ended */
  async validate(token: string): Promise<UserActor> {
    return this.actors.ofAccessToken(token);
  }

  isOwn(token: string): boolean {
    return this.accessTokens.isOwn(token);
  }
}
