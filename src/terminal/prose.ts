const NARROW = 40;
const WIDE = 100;
const PIPED = 80;

/** How wide prose is set: as the terminal, within what can be read well. */
export function proseWidth(): number {
  return Math.max(NARROW, Math.min(WIDE, process.stdout.columns ?? PIPED));
}

/** How wide lines may be that programs read as well: as the terminal; without one, as long as they are. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? Math.max(NARROW, process.stdout.columns) : Number.POSITIVE_INFINITY;
}

/** Breaks text into lines of at most `width`; the first begins with `first`, further ones with `next`. */
export function wrapped(
  text: string,
  width: number,
  first = '',
  next = ' '.repeat(first.length),
): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      [line, isEmpty] = [next, true];
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
