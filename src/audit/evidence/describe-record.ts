/** In a few words what bytes are that should be a record; only for telling a fault. */
export function describeRecord(bytes: Buffer): string {
  const member = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
  try {
    const record: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    const [action, occurredAt] = [member(record, 'action'), member(record, 'occurredAt')];
    if (typeof action !== 'string' || typeof occurredAt !== 'string')
      return 'it is JSON, but no record of the audit log';
    return `it says ${action.slice(0, 100)} at ${occurredAt.slice(0, 40)}`;
  } catch {
    return 'it is not even JSON';
  }
}
