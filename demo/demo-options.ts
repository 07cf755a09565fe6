import { parseArgs } from 'node:util';

export interface DemoOptions {
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
}

const DEFAULT_USERS = 500;
const MAX_USERS = 200_000;

/** @throws Error in words for the terminal */
export function demoOptions(args: string[]): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'tenant-only': { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      users: { type: 'string', default: String(DEFAULT_USERS) },
    },
  });
  if (values['tenant-only'] && values.once)
    throw new Error('--tenant-only stays until it is ended: it takes no --once');
  return {
    once: values.once,
    tenantOnly: values['tenant-only'],
    json: values.json,
    seed: wholeNumber('seed', values.seed, 0, 2 ** 31 - 1),
    users: wholeNumber('users', values.users, 20, MAX_USERS),
  };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} takes a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}
