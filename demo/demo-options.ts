import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Only say what the options are. */
  help: boolean;
  /** Run the story once on free ports and exit. */
  once: boolean;
  /** The tenant alone, for a service that is started by hand. */
  tenantOnly: boolean;
  /** One JSON object as the last line of standard output. */
  json: boolean;
  /** Draws the tenant, the attacker, his targets and the harmless edits. */
  seed: number;
  /** Size of the tenant. */
  users: number;
  /** Where the services that use the tenant alone are reached; empty: PUBLIC_URL, or http://localhost:3000. */
  publicUrls: string[];
}

const DEFAULT_USERS = 500;
const LEAST_USERS = 20;
const MAX_USERS = 200_000;

export const DEMO_HELP = `npm run demo -- [options]

The whole story: service, embedded PostgreSQL and a demo tenant start, an attacker changes the tenant, a scheduled scan tells.
Stays until Ctrl-C; exit 0 when every attack was found and nothing else was called grave, else 1.

  --once              tell the story on free ports and end
  --json              one JSON object as the last line of the output (npm run -s demo -- --once --json)
  --seed N            draws the tenant, the attacker and the harmless edits (default 1)
  --users N           accounts of the tenant, ${LEAST_USERS} to ${MAX_USERS} (default ${DEFAULT_USERS})
  --tenant-only       the tenant by itself; prints the settings that connect a service to it
  --public-url URL    with --tenant-only: where a service is reached, which may sign people in; again for each further one
                      (default PUBLIC_URL, or http://localhost:3000). The first is printed as PUBLIC_URL
  --help              this

AUDIT_* of the environment reach the demo's service. Needs nothing but Node 20.19 or newer.
`;

/** @throws Error in words for the terminal */
export function demoOptions(args: string[]): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'tenant-only': { type: 'boolean', default: false },
      'public-url': { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '1' },
      users: { type: 'string', default: String(DEFAULT_USERS) },
    },
  });
  if (values['tenant-only'] && values.once)
    throw new Error('--tenant-only stays until it is ended: it takes no --once');
  if (!values['tenant-only'] && values['public-url'].length > 0)
    throw new Error('--public-url goes with --tenant-only: the story has a service of its own');
  return {
    help: values.help,
    once: values.once,
    tenantOnly: values['tenant-only'],
    json: values.json,
    seed: wholeNumber('seed', values.seed, 0, 2 ** 31 - 1),
    users: wholeNumber('users', values.users, LEAST_USERS, MAX_USERS),
    publicUrls: values['public-url'].map(origin),
  };
}

function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new Error(`--public-url takes an origin such as http://localhost:3000, not "${text}"`);
  return url.origin;
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} takes a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}
