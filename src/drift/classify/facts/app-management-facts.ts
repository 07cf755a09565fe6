import type { Json } from '../../../crypto/canonical-json.js';
import { durationSeconds } from '../../normalise/duration.js';
import { text, tokensOf } from '../../normalise/json-members.js';
import type { EvaluatedChange } from '../evaluated-change.js';
import type { EvaluationContext } from '../evaluation-context.js';

type Fact = (change: EvaluatedChange, context: EvaluationContext) => boolean;

const DAY = 86_400;
/** How long a secret or a certificate may last (MS.AAD.5.6 and MS.AAD.5.7). */
export const LONGEST_PASSWORD_SECONDS = 181 * DAY;
export const LONGEST_CERTIFICATE_SECONDS = 366 * DAY;

/** Facts about what programs' secrets and certificates must keep to. */
export const APP_MANAGEMENT_FACTS = {
  'at-application': (change) => change.path.startsWith('/appliesTo/'),
  'restriction-date': (change) => lastOf(change) === 'restrictForAppsCreatedAfterDateTime',
  // Instants have one spelling, so that their text is in the order of time. None means: for every program.
  'restriction-later': (change) => instant(change.after) > instant(change.before),
  'restriction-off': (change) => text(change.after ?? change.before, 'state') === 'disabled',
  'lifetime-within-baseline': (change) => {
    if (lastOf(change) !== 'maxLifetime') return false;
    const seconds = typeof change.after === 'string' ? durationSeconds(change.after) : null;
    const longest = change.path.includes('/keyCredentials/') ? LONGEST_CERTIFICATE_SECONDS : LONGEST_PASSWORD_SECONDS;
    return seconds !== null && seconds <= longest;
  },
} satisfies Record<string, Fact>;

function lastOf(change: EvaluatedChange): string {
  return tokensOf(change.path).at(-1) ?? '';
}

function instant(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
