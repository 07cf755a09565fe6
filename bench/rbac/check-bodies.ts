import type { AskedQuestion } from './questions.js';

/** The bodies that ask these of /rbac/check, each asked once. @throws Error when an answer isn't the right one */
export async function checkBodies(
  url: string,
  tokens: readonly string[],
  list: readonly AskedQuestion[],
): Promise<string[]> {
  const bodies = list.map(({ subjectId: subject, permission, scope }) =>
    JSON.stringify({ subject, permission, scope }),
  );
  for (const [nth, question] of list.entries()) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens[nth % tokens.length]}` };
    const answer = await fetch(url, { method: 'POST', headers, body: bodies[nth] ?? '' });
    const { allowed } = (await answer.json()) as { allowed?: boolean };
    if (allowed !== question.allowed)
      throw new Error(`/rbac/check answered ${answer.status}, ${allowed} instead of ${question.allowed}`);
  }
  return bodies;
}
