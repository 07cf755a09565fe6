import type { DemoReply, DemoRequest } from '../http/exchange.js';
import type { Collection } from '../store/collection.js';
import { type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { readSession, sessionCookie } from './browser-session.js';
import { escapeHtml, htmlPage } from './html-page.js';
import { hintedPerson } from './login-hint.js';
import { redirectUrisOf } from './registration.js';
import type { SignInStore } from './sign-in-store.js';

export interface AuthorizeParts {
  state: () => TenantState;
  store: SignInStore;
  /** The person whom the page lists first. */
  administratorId: () => string;
}

const PEOPLE_SHOWN = 40;

/**
 * GET /{tenant}/oauth2/v2.0/authorize. `login_hint` signs that person in without a page; without it the page lists people to be.
 * A request whose client or redirect URI isn't registered gets a page and never a redirect (RFC 6749 4.1.2.1).
 */
export function handleAuthorize(parts: AuthorizeParts, request: DemoRequest): DemoReply {
  const query = request.query;
  const [app] = parts.state().collections.applications.where('appId', query.get('client_id') ?? '');
  if (!app)
    return problem(
      'AADSTS700016',
      `Application with identifier '${query.get('client_id') ?? ''}' was not found in the directory.`,
    );
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!redirectUrisOf(app).includes(redirectUri)) {
    return problem(
      'AADSTS50011',
      `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application.`,
    );
  }
  const fault = faultOf(query);
  if (fault) return backTo(redirectUri, query, fault);
  const hint = query.get('login_hint');
  if (hint === null)
    return query.get('prompt') === 'none'
      ? backTo(redirectUri, query, LOGIN_REQUIRED)
      : peoplePage(parts, request, app);
  const user = hintedPerson(parts.state(), hint);
  if (!user)
    return backTo(redirectUri, query, {
      error: 'access_denied',
      description: `AADSTS50034: The user account ${hint} does not exist in the directory.`,
    });
  if (user['accountEnabled'] === false)
    return backTo(redirectUri, query, {
      error: 'access_denied',
      description: 'AADSTS50057: The user account is disabled.',
    });
  return signedIn(parts, request, user, redirectUri);
}

interface AuthorizeError {
  error: string;
  description: string;
}

const LOGIN_REQUIRED: AuthorizeError = {
  error: 'login_required',
  description: 'AADSTS50058: A silent sign-in request was sent but no user is signed in.',
};

function faultOf(query: URLSearchParams): AuthorizeError | undefined {
  if (query.get('response_type') !== 'code')
    return { error: 'unsupported_response_type', description: "AADSTS700054: response_type must be 'code'." };
  if (!query.get('scope')?.split(' ').includes('openid'))
    return { error: 'invalid_request', description: "AADSTS900144: The request must contain the scope 'openid'." };
  if (!/^[A-Za-z0-9_-]{43}$/.test(query.get('code_challenge') ?? ''))
    return { error: 'invalid_request', description: 'AADSTS9002325: Proof Key for Code Exchange is required.' };
  if (query.get('code_challenge_method') !== 'S256')
    return { error: 'invalid_request', description: 'AADSTS501491: The code_challenge_method must be S256.' };
  return undefined;
}

function signedIn(parts: AuthorizeParts, request: DemoRequest, user: JsonObject, redirectUri: string): DemoReply {
  const query = request.query;
  const state = parts.state();
  const owner = textOf(user, 'id');
  const running = readSession(state, parts.store, request);
  // Somebody else at the same browser is another session.
  const session = running?.ownerId === owner ? running : parts.store.startSession(owner, state.sessionEpochOf(owner));
  const code = parts.store.issueCode({
    clientId: query.get('client_id') ?? '',
    redirectUri,
    scope: query.get('scope') ?? '',
    objectId: owner,
    sid: session.sid,
    epoch: session.epoch,
    nonce: query.get('nonce'),
    codeChallenge: query.get('code_challenge') ?? '',
  });
  const reply = answerTo(redirectUri, query, { code, session_state: session.sid });
  return { ...reply, headers: { ...reply.headers, 'set-cookie': sessionCookie(session) } };
}

function backTo(redirectUri: string, query: URLSearchParams, { error, description }: AuthorizeError): DemoReply {
  return answerTo(redirectUri, query, { error, error_description: description });
}

function answerTo(redirectUri: string, query: URLSearchParams, values: Record<string, string>): DemoReply {
  const state = query.get('state');
  const all = { ...values, ...(state === null ? {} : { state }) };
  if (query.get('response_mode') === 'form_post') return formPost(redirectUri, all);
  const location = new URL(redirectUri);
  for (const [name, value] of Object.entries(all)) location.searchParams.set(name, value);
  return {
    status: 302,
    headers: { location: location.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    body: '',
  };
}

/** Without script the form waits for its button (OAuth 2.0 Form Post Response Mode allows any means). */
function formPost(redirectUri: string, values: Record<string, string>): DemoReply {
  const fields = Object.entries(values).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const page = htmlPage(
    'Continue',
    `<form method="post" action="${escapeHtml(redirectUri)}">${fields.join('')}<button>Continue</button></form>`,
  );
  const policy = (page.headers['content-security-policy'] ?? '').replace(
    "form-action 'self'",
    `form-action ${new URL(redirectUri).origin}`,
  );
  return { ...page, headers: { ...page.headers, 'content-security-policy': policy } };
}

function peoplePage(parts: AuthorizeParts, request: DemoRequest, app: JsonObject): DemoReply {
  const state = parts.state();
  const search = (request.query.get('search') ?? '').toLowerCase();
  const people = [...peopleInOrder(parts, search)];
  const items = people.map((user) => {
    const link = new URLSearchParams(request.query);
    link.delete('search');
    link.set('login_hint', textOf(user, 'userPrincipalName'));
    const role = user['accountEnabled'] === false ? ' <span class="role">(disabled)</span>' : '';
    return `<li><a href="?${escapeHtml(link.toString())}">${escapeHtml(textOf(user, 'displayName'))}</a> <span class="role">${escapeHtml(textOf(user, 'userPrincipalName'))}</span>${role}</li>`;
  });
  const kept = [...request.query]
    .filter(([name]) => name !== 'search')
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`);
  const form = `<form method="get" role="search">${kept.join('')}<label for="search">Find a person</label> <input id="search" name="search" value="${escapeHtml(request.query.get('search') ?? '')}"> <button>Find</button></form>`;
  return htmlPage(
    `Sign in to ${textOf(app, 'displayName')}`,
    `<p>This is the demo tenant of ${escapeHtml(state.identity.displayName)}, a fictional organisation. Choose who you are; nobody has a password.</p>${form}<ul>${items.join('')}</ul><p>${people.length} of ${state.collections.users.size} people are shown.</p>`,
  );
}

/** The administrator first, then everybody as the directory lists them, as far as the page shows them. */
function* peopleInOrder(parts: AuthorizeParts, search: string): Generator<JsonObject> {
  const users = parts.state().collections.users;
  const first = parts.administratorId();
  let shown = 0;
  for (const user of everybody(users, first)) {
    const text = `${textOf(user, 'displayName')} ${textOf(user, 'userPrincipalName')}`.toLowerCase();
    if (!text.includes(search)) continue;
    yield user;
    shown += 1;
    if (shown >= PEOPLE_SHOWN) return;
  }
}

function* everybody(users: Collection, firstId: string): Generator<JsonObject> {
  const first = users.get(firstId);
  if (first) yield first;
  for (const user of users.values()) if (user['id'] !== firstId) yield user;
}

function problem(code: string, text: string): DemoReply {
  return htmlPage(
    'Sorry, but we have trouble signing you in',
    `<p role="alert"><strong>${escapeHtml(code)}</strong>: ${escapeHtml(text)}</p>`,
    400,
  );
}
