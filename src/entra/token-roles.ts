/** Claim `roles` of an application's token for Graph; null when the token says nothing that can be read. Nothing is verified: it is ours. */
export function rolesOf(token: string): string[] | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const roles = typeof claims === 'object' && claims !== null ? (claims as { roles?: unknown }).roles : undefined;
    return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : null;
  } catch {
    return null;
  }
}
