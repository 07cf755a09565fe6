/** As JSON in UTF-8. The reasons of all types together have to fit into one event (20,000 bytes). */
const MAX_REASON_BYTES = 500;

/** Shortens a reason, whole characters only, until its JSON text without the quotes has at most 500 bytes. */
export function cutReason(reason: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of reason) {
    bytes += Buffer.byteLength(JSON.stringify(character), 'utf8') - 2;
    if (bytes > MAX_REASON_BYTES) break;
    kept += character;
  }
  return kept;
}
