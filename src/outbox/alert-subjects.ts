import { Injectable } from '@nestjs/common';

export type AlertSubjectKind = 'resourceTypes' | 'controls';

/**
 * The names that events speak of things by. Whoever writes events says at start which names it knows, so that who subscribes to a
 * name that nothing has is told, instead of waiting for ever.
 */
@Injectable()
export class AlertSubjects {
  private readonly names: Record<AlertSubjectKind, Set<string>> = { resourceTypes: new Set(), controls: new Set() };

  add(kind: AlertSubjectKind, names: Iterable<string>): void {
    for (const name of names) this.names[kind].add(name);
  }

  /** @returns the places in `names` of those that nobody knows */
  unknownAt(kind: AlertSubjectKind, names: readonly string[]): number[] {
    return names.flatMap((name, index) => (this.names[kind].has(name) ? [] : [index]));
  }
}
