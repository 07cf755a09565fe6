/** What an answer says of the limits of its service (Graph: throttling limits, identity and access). */
export interface ThrottleTold {
  /** `x-ms-resource-unit`: what the request cost. Null where the service doesn't count in units. */
  units: number | null;
  /** `x-ms-throttle-limit-percentage`: of the limit used up, 1 being all of it. Graph tells from 0.8 on. */
  share: number | null;
  /** `x-ms-throttle-scope` of a refusal: for whom the limit counts, and for reading, writing or both. */
  scope: ThrottleScope | null;
}

export interface ThrottleScope {
  /** Whether it counts for everything that we ask of the tenant, and not for one user or resource. */
  isWhole: boolean;
  isOfReads: boolean;
  isOfWrites: boolean;
}

export const NOTHING_TOLD: ThrottleTold = { units: null, share: null, scope: null };
const MOST_UNITS = 1000;

/** @param header a response header by its name in lower case; null where there is none. Nonsense counts as not told. */
export function throttleTold(header: (name: string) => string | null): ThrottleTold {
  return {
    units: numberOf(header('x-ms-resource-unit'), 1, MOST_UNITS),
    share: numberOf(header('x-ms-throttle-limit-percentage'), 0.01, 100),
    scope: scopeOf(header('x-ms-throttle-scope')),
  };
}

function numberOf(text: string | null, least: number, most: number): number | null {
  if (text === null || !/^\d{1,9}(\.\d{1,9})?$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** `<Scope>/<Limit>/<application>/<tenant, user or resource>` */
function scopeOf(text: string | null): ThrottleScope | null {
  const [scope, limit] = text?.split('/') ?? [];
  if (scope === undefined || limit === undefined) return null;
  return {
    isWhole: /^(tenant|application|tenant_application)$/i.test(scope),
    isOfReads: /read/i.test(limit),
    isOfWrites: /write/i.test(limit),
  };
}
