import type { Layout } from '../auth/cores.js';
import type { LoadResult } from '../auth/load-generator.js';
import type { Model } from './model.js';
import type { AskedQuestion } from './questions.js';

export interface CerbosServer {
  pid: number;
  ask(seconds: number): Promise<LoadResult>;
  stop(): Promise<void>;
}

/** @returns why there is none, when it can't be installed or started */
export async function startCerbos(
  _layout: Layout,
  _model: Model,
  _questions: readonly AskedQuestion[],
): Promise<{ server: CerbosServer } | { absent: string }> {
  return { absent: 'this benchmark cannot start it yet' };
}
