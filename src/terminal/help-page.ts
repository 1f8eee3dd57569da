import { proseWidth, wrapped } from './prose.js';

/** A command line as it may be typed, and what that is for. */
export interface Example {
  readonly line: string;
  readonly doc?: string;
}

/** Left what is typed, right what it means. */
export type HelpRow = readonly [string, string];

/** What `--help` of a program, or of one of its commands, shows. */
export interface HelpPage {
  readonly usage: string;
  /** What it does, in sentences. */
  readonly doc: string;
  readonly sections: readonly { readonly title: string; readonly rows: readonly HelpRow[] }[];
  readonly examples: readonly Example[];
  /** Where to read on. */
  readonly end?: string;
}

/** A left column beyond so many characters has its meaning in the next line. */
const MAX_LEFT = 26;

/** The lines of a page, broken for the terminal. */
export function helpLines(page: HelpPage, width = proseWidth()): readonly string[] {
  const { usage, doc, sections, examples, end } = page;
  const shown = sections.filter(({ rows }) => rows.length > 0);
  const lefts = shown.flatMap(({ rows }) => rows.map(([left]) => left.length));
  const column = Math.min(MAX_LEFT, Math.max(0, ...lefts));
  return [
    ...wrapped(usage, width, 'usage: '),
    '',
    ...wrapped(doc, width),
    ...shown.flatMap(({ title, rows }) => [
      '',
      title,
      ...rows.flatMap((row) => rowLines(row, column, width)),
    ]),
    ...(examples.length === 0 ? [] : ['', 'examples', ...examples.flatMap(exampleLines)]),
    ...(end === undefined ? [] : ['', ...wrapped(end, width)]),
  ];
}

function rowLines([left, right]: HelpRow, column: number, width: number): readonly string[] {
  const indent = ' '.repeat(2 + column + 2);
  if (left.length > column) return [`  ${left}`, ...wrapped(right, width, indent)];
  return wrapped(right, width, `  ${left.padEnd(column)}  `);
}

function exampleLines({ line, doc }: Example): readonly string[] {
  return doc === undefined ? [`  ${line}`] : [`  ${line}`, `      ${doc}`];
}
