import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import { table } from './output.js';
import { directoryKey, readKey } from './values.js';

export const listCommand: CliCommand = {
  words: 'list [prefix]',
  group: 'values',
  doc: 'names below a directory, by default the root; directories end in a slash',
  examples: ['list', 'list -r tenants', 'list -r --null | xargs -0 -n1 echo'],
  positionals: [{ name: 'prefix', kind: 'text', doc: 'a directory' }],
  options: [
    { name: 'recursive', short: 'r', kind: 'flag', doc: 'all below it' },
    { name: 'null', kind: 'flag', doc: 'end each with a NUL instead of a newline' },
    { name: 'stale', kind: 'flag', doc: 'take what this server has, without asking the others' },
  ],
  async run(args: Arguments, context: Context): Promise<number> {
    const key = directoryKey(args.text('prefix') ?? '');
    const options = { isStale: args.flag('stale'), isRecursive: args.flag('recursive') };
    const found = await readKey(context, key, options);
    if (found.age !== undefined) context.output.note(`stale: ${found.age} seconds old`);
    const entries =
      found.kind === 'directory'
        ? found.entries
        : [{ key, kind: 'value' as const, revision: found.revision, size: found.value.length }];
    if (context.isJson)
      context.output.data(`${JSON.stringify({ key, revision: found.revision, entries })}\n`);
    else if (args.flag('null')) for (const entry of entries) context.output.data(`${entry.key}\0`);
    else if (context.isVerbose) print(context, entries.map(longRow));
    else
      print(
        context,
        entries.map((entry) => [entry.key]),
      );
    return 0;
  },
};

interface Row {
  readonly key: string;
  readonly revision: number | null;
  readonly size: number | null;
}

function longRow({ key, revision, size }: Row): readonly string[] {
  return [String(revision ?? '-'), String(size ?? '-'), key];
}

function print(context: Context, rows: readonly (readonly string[])[]): void {
  for (const line of table(rows)) context.output.data(`${line}\n`);
}
