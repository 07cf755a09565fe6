import { randomBytes } from 'node:crypto';

/** What a person agreed to on the authorize page; waits for its code to be redeemed, or lives on as a refresh token. */
export interface Authorization {
  clientId: string;
  redirectUri: string;
  scope: string;
  objectId: string;
  sid: string;
  nonce: string | null;
  codeChallenge: string;
  expiresAt: number;
}

const CODE_LIFETIME_MS = 10 * 60_000;
const REFRESH_LIFETIME_MS = 24 * 3_600_000;

/** Codes that work once, and refresh tokens. */
export class SignInStore {
  private readonly codes = new Map<string, Authorization>();
  private readonly spentCodes = new Set<string>();
  private readonly refreshTokens = new Map<string, Authorization>();

  constructor(private readonly now: () => Date) {}

  issueCode(authorization: Omit<Authorization, 'expiresAt'>): string {
    const code = `1.${randomBytes(48).toString('base64url')}`;
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
}
