/** Where a command's words go: data to one, everything else to the other. */
export interface Output {
  /** Data, exactly. */
  data(bytes: Buffer | string): void;
  /** A line for people, never part of the data. */
  note(line: string): void;
  /** One line on a terminal that is rewritten each time; empty takes it away. Nothing elsewhere. */
  progress(line: string): void;
  readonly isColour: boolean;
  /** Whether a person watches what is said beside the data. */
  readonly isTerminal: boolean;
}

/** The terminal, or whatever stands in its place. */
export function processOutput(isColour: boolean): Output {
  const isTerminal = process.stderr.isTTY === true;
  return {
    data: (bytes) => void process.stdout.write(bytes),
    note: (line) => void process.stderr.write(`${line}\n`),
    progress: (line) => {
      if (isTerminal) process.stderr.write(`\r\x1b[K${line}`);
    },
    isColour,
    isTerminal,
  };
}

export type Colour = 'green' | 'yellow' | 'red' | 'bold';

const CODES: Readonly<Record<Colour, string>> = { green: '32', yellow: '33', red: '31', bold: '1' };

export function coloured(output: Output, colour: Colour, text: string): string {
  return output.isColour ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

/** A line that is too long for the terminal, without its end. */
export function cutTo(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** Lines of columns as wide as their widest cell, two spaces apart; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
