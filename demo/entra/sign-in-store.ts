import { randomBytes, randomUUID } from 'node:crypto';

/** What a person agreed to on the authorize page; waits for its code to be redeemed, or lives on as a refresh token. */
export interface Authorization {
  clientId: string;
  redirectUri: string;
  scope: string;
  objectId: string;
  sid: string;
  /** How often the person's sessions were revoked before; later the authorization is void. */
  epoch: number;
  nonce: string | null;
  codeChallenge: string;
  expiresAt: number;
}

/** Who is signed in to the tenant at a browser. */
export interface BrowserSession {
  /** What applications see as `sid`. */
  sid: string;
  ownerId: string;
  /** How often the owner's sessions were revoked before this one began. */
  epoch: number;
  /** The applications that it signed in to. */
  clientIds: Set<string>;
}

const CODE_LIFETIME_MS = 10 * 60_000;
const REFRESH_LIFETIME_MS = 24 * 3_600_000;

/** Codes that work once, refresh tokens, and the sessions of browsers. */
export class SignInStore {
  private readonly codes = new Map<string, Authorization>();
  private readonly spentCodes = new Set<string>();
  private readonly refreshTokens = new Map<string, Authorization>();
  private readonly sessions = new Map<string, BrowserSession>();

  constructor(private readonly now: () => Date) {}

  issueCode(authorization: Omit<Authorization, 'expiresAt'>): string {
    const code = `1.${randomBytes(48).toString('base64url')}`;
    this.sessions.get(authorization.sid)?.clientIds.add(authorization.clientId);
    this.codes.set(code, { ...authorization, expiresAt: this.now().getTime() + CODE_LIFETIME_MS });
    return code;
  }

  /** Takes a code for good, whatever the check that follows says (RFC 6749 4.1.2: a code works once). */
  takeCode(code: string): Authorization | 'spent' | 'unknown' | 'expired' {
    const found = this.codes.get(code);
    if (!found) return this.spentCodes.has(code) ? 'spent' : 'unknown';
    this.codes.delete(code);
    this.spentCodes.add(code);
    return found.expiresAt < this.now().getTime() ? 'expired' : found;
  }

  issueRefreshToken(authorization: Authorization): string {
    const token = `1.${randomBytes(48).toString('base64url')}`;
    this.refreshTokens.set(token, { ...authorization, expiresAt: this.now().getTime() + REFRESH_LIFETIME_MS });
    return token;
  }

  findRefreshToken(token: string): Authorization | undefined {
    const found = this.refreshTokens.get(token);
    return found && found.expiresAt >= this.now().getTime() ? found : undefined;
  }

  startSession(ownerId: string, epoch: number): BrowserSession {
    const session = { sid: randomUUID(), ownerId, epoch, clientIds: new Set<string>() };
    this.sessions.set(session.sid, session);
    return session;
  }

  findSession(sid: string): BrowserSession | undefined {
    return this.sessions.get(sid);
  }

  endSession(sid: string): void {
    this.sessions.delete(sid);
  }
}
