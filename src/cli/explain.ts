import { CODES, type Code, ConfigError } from '../config/error.js';
import { nearest } from '../terminal/nearest.js';
import { proseWidth, wrapped } from '../terminal/prose.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import type { Explanation } from './explanations/explanation.js';
import { coloured, table } from './output.js';

export const explainCommand: CliCommand = {
  words: 'explain [code]',
  group: 'health',
  doc: 'what an error code means, what causes it and what to do; without a code, all of them',
  examples: ['explain HFS-2001', 'explain'],
  positionals: [{ name: 'code', kind: 'text', doc: 'HFS-NNNN, or the number alone' }],
  options: [],
  async run(args: Arguments, context: Context): Promise<number> {
    const { EXPLANATIONS } = await import('./explanations/explanations.js');
    const given = args.text('code');
    if (given === undefined) list(context, EXPLANATIONS);
    else {
      const code = codeOf(given);
      if (context.isJson) printJson(context, shown(code, EXPLANATIONS[code]));
      else for (const line of page(context, code, EXPLANATIONS[code])) print(context, line);
    }
    return 0;
  },
};

/** `HFS-2001`, `hfs2001` and `2001` are the same. */
function codeOf(given: string): Code {
  const wanted = given.replace(/^(hfs)?-?(?=\d)/i, 'HFS-');
  const codes = Object.keys(CODES);
  const found = codes.find((code): code is Code => code === wanted);
  if (found !== undefined) return found;
  const near = nearest(wanted, codes);
  const why = near.length === 0 ? 'codes look like HFS-2001' : `did you mean ${near.join(' or ')}?`;
  const next = 'hfs_config explain lists all codes';
  throw new ConfigError('HFS-1010', `there is no ${JSON.stringify(given)}`, why, next);
}

function page(
  { output }: Context,
  code: Code,
  { means, causes, todo }: Explanation,
): readonly string[] {
  const { title, exit, http } = CODES[code];
  const width = proseWidth();
  return [
    ...wrapped(`${code} ${title}`, width).map((line) => coloured(output, 'bold', line)),
    '',
    ...wrapped(means, width),
    '',
    'usual causes',
    ...causes.flatMap((cause) => wrapped(cause, width, '  - ')),
    '',
    'what to do',
    ...todo.flatMap((step, index) => wrapped(step, width, `  ${index + 1}. `)),
    '',
    `exit code ${exit}, HTTP status ${http}`,
  ];
}

function list(context: Context, all: Readonly<Record<Code, Explanation>>): void {
  const codes = Object.keys(CODES) as Code[];
  if (context.isJson)
    printJson(
      context,
      codes.map((code) => shown(code, all[code])),
    );
  else
    for (const line of table(codes.map((code) => [code, CODES[code].title]))) print(context, line);
}

function shown(code: Code, explanation: Explanation): object {
  return { code, ...CODES[code], ...explanation };
}

function printJson(context: Context, value: unknown): void {
  print(context, JSON.stringify(value));
}

function print(context: Context, line: string): void {
  context.output.data(`${line}\n`);
}
