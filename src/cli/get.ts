import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import { directoryKey, jsonValue, type ReadOptions, type ReadValue, readKey } from './values.js';

export const getCommand: CliCommand = {
  words: 'get <key..>',
  group: 'values',
  doc: 'print values: one key exactly as it is stored; of a directory its values, one per line',
  examples: ['get site/name', 'get -r tenants --json', 'get site/name site/domain --stale'],
  positionals: [{ name: 'key', kind: 'texts', doc: 'keys of values or directories' }],
  options: [
    { name: 'recursive', short: 'r', kind: 'flag', doc: 'directories with all below them' },
    { name: 'null', kind: 'flag', doc: 'end each value with a NUL instead of a newline' },
    { name: 'stale', kind: 'flag', doc: 'take what this server has, without asking the others' },
  ],
  async run(args: Arguments, context: Context): Promise<number> {
    const options = { isStale: args.flag('stale'), isRecursive: args.flag('recursive') };
    const keys = args.texts('key');
    const isList = keys.length > 1 || args.flag('null');
    const values: ReadValue[] = [];
    let isExact = !isList;
    for (const key of keys) {
      const { read, isDirectory } = await valuesAt(context, key, options);
      if (isDirectory) isExact = false;
      values.push(...read);
    }
    noteAge(context, values);
    if (context.isJson) printJson(context, values, isExact);
    else print(context, values, isExact ? '' : args.flag('null') ? '\0' : '\n');
    return 0;
  },
};

async function valuesAt(
  context: Context,
  key: string,
  options: ReadOptions,
): Promise<{ readonly read: readonly ReadValue[]; readonly isDirectory: boolean }> {
  const first = await readKey(context, directoryKey(key), options);
  if (first.kind === 'value') return { read: [first], isDirectory: false };
  const read: ReadValue[] = [];
  for (const entry of first.entries) {
    if (entry.kind === 'directory') continue;
    const value = await readKey(context, entry.key, options);
    if (value.kind === 'value') read.push(value);
  }
  return { read, isDirectory: true };
}

function print(context: Context, values: readonly ReadValue[], end: string): void {
  for (const { value } of values) {
    context.output.data(value);
    if (end !== '') context.output.data(end);
  }
}

function printJson(context: Context, values: readonly ReadValue[], isExact: boolean): void {
  const shown = values.map(({ key, revision, value }) => ({ key, revision, ...jsonValue(value) }));
  context.output.data(`${JSON.stringify(isExact ? shown[0] : shown)}\n`);
}

function noteAge(context: Context, values: readonly ReadValue[]): void {
  const ages = values.flatMap(({ age }) => age ?? []);
  if (ages.includes('unknown'))
    context.output.note('stale: of unknown age, no majority has answered since hekafsd started');
  else if (ages.length > 0)
    context.output.note(`stale: up to ${Math.max(...ages.map(Number))} seconds old`);
}
