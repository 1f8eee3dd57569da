import { isCode } from '../config/error.js';
import { bytesOfJson, jsonValue } from '../daemon/json-value.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import {
  directoryKey,
  type ListedJson,
  type ReadDirectory,
  type ReadOptions,
  type ReadValue,
  readKey,
} from './values.js';

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

interface ValuesAt {
  readonly read: readonly ReadValue[];
  readonly isDirectory: boolean;
}

async function valuesAt(context: Context, text: string, options: ReadOptions): Promise<ValuesAt> {
  const key = directoryKey(text);
  try {
    const found = await readKey(context, key, { ...options, isWithValues: true });
    if (found.kind === 'value') return { read: [found], isDirectory: false };
    return {
      read: found.entries.flatMap((entry) => listedValue(entry, found.age)),
      isDirectory: true,
    };
  } catch (error) {
    // An older hekafsd does not know how to answer values with a listing: HFS-1001.
    if (!isCode(error, 'HFS-1012', 'HFS-1001')) throw error;
    if (error.code === 'HFS-1012')
      context.output.note(`${error.why}: they are read one by one, each at its own revision`);
    return oneByOne(context, key, options);
  }
}

function listedValue(entry: ListedJson, age: string | undefined): readonly ReadValue[] {
  const value = bytesOfJson(entry);
  if (value === undefined || entry.revision === null) return [];
  return [{ kind: 'value', key: entry.key, value, revision: entry.revision, age }];
}

async function oneByOne(context: Context, key: string, options: ReadOptions): Promise<ValuesAt> {
  const listing = await readKey(context, key, options);
  if (listing.kind === 'value') return { read: [listing], isDirectory: false };
  const read: ReadValue[] = [];
  for (const entry of listing.entries) {
    if (entry.kind === 'directory') continue;
    const value = await readIfThere(context, entry.key, options);
    if (value?.kind === 'value') read.push(value);
  }
  return { read, isDirectory: true };
}

/** Between the listing and the reading somebody may have deleted it. */
async function readIfThere(
  context: Context,
  key: string,
  options: ReadOptions,
): Promise<ReadValue | ReadDirectory | undefined> {
  try {
    return await readKey(context, key, options);
  } catch (error) {
    if (isCode(error, 'HFS-1004')) return undefined;
    throw error;
  }
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
