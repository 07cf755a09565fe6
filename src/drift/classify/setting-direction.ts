import type { Json } from '../../crypto/canonical-json.js';
import { tokensOf } from '../normalise/json-members.js';
import type { Direction } from '../report/drift-report.types.js';
import { EXPORTED_TYPES, type ResourceType } from '../resource-types/resource-type.types.js';
import { addedElements, type EvaluatedChange, removedElements } from './evaluated-change.js';

const EXPORTED: ReadonlySet<string> = new Set(EXPORTED_TYPES);

/** Whether a change is one of a product of whose settings only the names are known. */
export function isProductSetting(type: ResourceType): boolean {
  return EXPORTED.has(type);
}

/** What protects; where both are in a name (`preventExternal…`, `requireAnonymousLinks…`) it says what the name means. */
const PROTECTS = /audit|block|deny|disallow|enforce|honor|prevent|protect|quarantine|^require|restrict|scan/i;
/** What opens a product to others, or leaves something out of protection. */
const OPENS =
  /allow|anonymous|basicauth|bypass|consumer|creation|customapp|except|exclu|external|federat|forward|guest|legacy|public|sharing|skip|smtpclient|trusted|unmanaged/i;
/** Without either, a switch is taken for one that protects. */
const SWITCH = /enabled?|^state$|^mode$|action$/i;
/** Turns the meaning of the rest of the name round: `auditDisabled`, `disableCustomAppAuthentication`. */
const TURNED = /disabled?/i;

/** Words for "on" and "off" of states, modes and actions. */
const ON = /^(enabled?|enforced?|on|true|yes|block(ed)?|quarantine|reject)$/i;
const OFF = /^(disabled?|off|false|no|allow(ed)?|none|audit\w*|test\w*|movetojmf|deliver)$/i;

/** Which way a product's setting went, by the words in its name and value; neutral where they don't say. */
export function directionOfSetting({ path, before, after, ...change }: EvaluatedChange): Direction {
  // A member keyed by an element of a list says nothing by its own name.
  const [name = ''] = tokensOf(path);
  const opens = isOpening(name);
  if (opens === null) return 'neutral';
  if (Array.isArray(before) || Array.isArray(after)) {
    const gained = addedElements({ ...change, path, before, after }).length > 0;
    const lost = removedElements({ ...change, path, before, after }).length > 0;
    // A list that protects by being long weakens when it shrinks; anything that gains and loses is weaker somewhere.
    return (opens ? gained : lost) ? 'loosening' : 'tightening';
  }
  const [was, is] = [isOn(before), isOn(after)];
  if (was === is || (was === null && is === null)) return 'neutral';
  const wentOn = is === true || (is === null && was === false);
  return wentOn === opens ? 'loosening' : 'tightening';
}

/** Null where the name doesn't say whether more of it opens or protects. */
function isOpening(name: string): boolean | null {
  const rest = name.replace(TURNED, '');
  const turned = rest !== name;
  if (PROTECTS.test(rest)) return turned;
  if (OPENS.test(rest)) return !turned;
  return turned || SWITCH.test(rest) ? turned : null;
}

function isOn(value: Json | undefined): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  if (ON.test(value)) return true;
  return OFF.test(value) ? false : null;
}
