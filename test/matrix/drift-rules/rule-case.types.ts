import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { Direction, Severity } from '../../../src/drift/report/drift-report.types.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';

export type Objects = Partial<Record<ResourceType, JsonObject[]>>;

/** One change that a rule must speak of, as raw Graph objects; the opposite change is tried too. */
export interface RuleCase {
  rule: string;
  name: string;
  type: ResourceType;
  before: JsonObject | null;
  after: JsonObject | null;
  severity: Severity;
  /** What the rule alone would say, where a worse one leads. */
  alone?: Severity;
  direction?: Direction;
  /** Only what is said of this path counts. */
  path?: string;
  /** Only what is said of objects with this in their key counts. */
  of?: string;
  /** Objects that are there before and after. */
  around?: Objects;
  /** What is there after instead, where the surroundings change too. */
  aroundAfter?: Objects;
  breakGlass?: string[];
  /** The rule judges that something changed at all, or a bound that both ways can leave. */
  bothWays?: true;
  /** The opposite of a loosening is a tightening, unless the rule has nothing to say of it. */
  opposite?: 'silent';
}
