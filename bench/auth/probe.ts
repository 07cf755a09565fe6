/** One request outside the measurement: whether a variant answers and refuses as it should. */
export async function expectStatus(url: string, status: number, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { headers });
  const body = await answer.text();
  if (answer.status !== status) throw new Error(`${url} answered ${answer.status} instead of ${status}: ${body}`);
  return body;
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** The same token with one bit of its signature turned. */
export function tampered(token: string): string {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return `${head}.${payload}.${bytes.toString('base64url')}`;
}
