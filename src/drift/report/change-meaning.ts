import { storableText } from '../../kernel/text/storable-text.js';
import type { ClassifiedChange } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';

/** What a change means, in the form in which it is stored. */
export type ChangeMeaning = Pick<
  ReadableChange,
  'displayName' | 'direction' | 'severity' | 'rules' | 'references' | 'title'
>;

export function meaningOf({
  displayName,
  direction,
  severity,
  rules,
  references,
  title,
}: ClassifiedChange): ChangeMeaning {
  return {
    displayName: displayName === null ? null : storableText(displayName),
    direction,
    severity,
    rules,
    references,
    title: storableText(title),
  };
}

/** Whether two meanings read the same to people. */
export function isSameMeaning(a: ChangeMeaning, b: ChangeMeaning): boolean {
  return (
    a.severity === b.severity &&
    a.direction === b.direction &&
    a.title === b.title &&
    a.displayName === b.displayName &&
    a.rules.join() === b.rules.join() &&
    a.references.join() === b.references.join()
  );
}
