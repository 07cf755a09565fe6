import type { Ending } from './remediations.repository.js';

/** Why an execution goes no further. The message is for people. */
export class ExecutionStopped extends Error {
  constructor(
    readonly status: Exclude<Ending, 'succeeded'>,
    message: string,
  ) {
    super(message);
    this.name = 'ExecutionStopped';
  }
}
