import { answerJobs } from '../../auth/load-generator.js';

/** Questions over gRPC, so many at a time. */
export interface CerbosJob {
  clientUrl: string;
  target: string;
  questions: CerbosQuestion[];
  seconds: number;
  /** Requests under way at once. */
  concurrency: number;
}

export interface CerbosQuestion {
  principal: { id: string; roles: string[] };
  resource: { id: string; kind: string };
  action: string;
  /** What the answer has to be. */
  allowed: boolean;
}

interface Client {
  isAllowed(question: Omit<CerbosQuestion, 'allowed'>): Promise<boolean>;
}

interface ClientModule {
  GRPC: new (target: string, options: { tls: false }) => Client;
}

answerJobs<CerbosJob>(async ({ clientUrl, target, questions, seconds, concurrency }) => {
  const { GRPC } = (await import(clientUrl)) as ClientModule; // a package that isn't ours has no types here
  const client = new GRPC(target, { tls: false });
  const failures: Record<string, number> = {};
  let [succeeded, next] = [0, 0];
  const startedAt = performance.now();
  const ask = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      const question = questions[next++ % questions.length];
      if (question === undefined) return;
      const { allowed, ...asked } = question;
      const what = await client.isAllowed(asked).then(
        (answer) => (answer === allowed ? null : 'another answer than ours'),
        (error: unknown) => String(error).slice(0, 200),
      );
      if (what === null) succeeded++;
      else failures[what] = (failures[what] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, ask));
  return { succeeded, failures, seconds: (performance.now() - startedAt) / 1000 };
});
