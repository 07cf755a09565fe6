/** A resource type that a scan says too little about; nothing of it is reported as removed. */
export class IncompleteTypeDto {
  resourceType: string;
  /** One sentence for people. */
  reason: string;
  /** RFC 3339: since when it has not been read completely. */
  since: string | null;
}
