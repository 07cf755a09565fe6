/** What a command may touch of the world: its output, its environment, and the exit code that it wants. */
export interface CliIo {
  out: (text: string) => void;
  err: (text: string) => void;
  env: Readonly<Record<string, string | undefined>>;
  /** Whether text output may be coloured. */
  colour: boolean;
  /** 0 when nothing set it; 1 says drift, 2 an error. */
  exitCode: number;
}

/** An error of use or of the world, told in one line with exit code 2. */
export class CliError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CliError';
  }
}
