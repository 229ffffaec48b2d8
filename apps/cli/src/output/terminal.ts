/** Where a command writes: answers on standard output, everything about the way there on standard error. */
export interface Terminal {
  /** People read the answer: tables, colours. */
  readonly isInteractive: boolean;
  /** People read the progress: a bar that is drawn over itself. */
  readonly drawsProgress: boolean;
  readonly columns: number;
  write(text: string): void;
  writeError(text: string): void;
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  const hasColours = stdout.isTTY && stdout.hasColors();
  return {
    isInteractive: hasColours,
    drawsProgress: stderr.isTTY,
    columns: stderr.columns ?? 80,
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
  };
}
