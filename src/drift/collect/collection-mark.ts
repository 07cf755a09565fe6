import type { ResourceType } from '../resource-types/resource-type.types.js';

/** From where a type is read on: only what changed since the snapshot that this goes with. */
export interface CollectionMark {
  /**
   * Of the delta query; text from outside, pinned to our API root before it is followed. As old as the reading before the newest: what
   * changed is told and asked for by two readings, because the first may have met a replica that hadn't heard of it.
   */
  deltaLink: string;
  /** The newest, with which the reading after the next begins. */
  nextLink: string;
  /** When the reading began that read all of the type. */
  wholeAt: Date;
}

export type CollectionMarks = ReadonlyMap<ResourceType, CollectionMark>;
