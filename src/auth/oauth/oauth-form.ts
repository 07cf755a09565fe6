import { oauthError } from './oauth.errors.js';

/** RFC 6749 3.2 and appendix B: a form, in UTF-8 if it says anything about that. */
const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/** The parameters of a request to one of the OAuth endpoints. What isn't known is ignored. */
export class OAuthForm {
  private constructor(private readonly members: Readonly<Record<string, unknown>>) {}

  /**
   * @param contentType of the request
   * @param body as the parser of forms left it: text, or a list for what came more than once
   * @throws DomainError oauth.invalid_request
   */
  static read(contentType: string | undefined, body: unknown): OAuthForm {
    if (contentType === undefined || !FORM_TYPE.test(contentType)) {
      throw oauthError('oauth.invalid_request', {
        detail: 'Send the parameters as application/x-www-form-urlencoded in UTF-8.',
      });
    }
    const members = body !== null && typeof body === 'object' ? (body as Record<string, unknown>) : {};
    for (const name in members) {
      if (typeof members[name] !== 'string') {
        throw oauthError('oauth.invalid_request', { detail: 'A parameter is given more than once.' });
      }
    }
    return new OAuthForm(members);
  }

  /** Undefined when it is absent or empty, which is the same (RFC 6749 3.2). */
  get(name: string): string | undefined {
    const value = Object.hasOwn(this.members, name) ? this.members[name] : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** @throws DomainError oauth.invalid_request */
  require(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw oauthError('oauth.invalid_request', { detail: `The parameter ${name} is missing.` });
    return value;
  }
}
