import { readFile } from 'node:fs/promises';
import { loadRules } from '../classify/load-rules.js';
import type { DriftRule } from '../classify/rule.types.js';
import { effectiveRules, speakingRules } from './apply-overrides.js';
import { parseOverrides } from './parse-overrides.js';

/**
 * The rules that come with the product, as a file of overrides has them.
 *
 * @throws RuleFileError; the error of the file system where there is no such file
 */
export async function readOverriddenRules(file: string, now: Date): Promise<DriftRule[]> {
  const rules = loadRules();
  return speakingRules(effectiveRules(rules, parseOverrides(file, await readFile(file, 'utf8'), rules, now), now));
}
