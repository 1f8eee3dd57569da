import { ConfigError, isCode } from '../config/error.js';
import { checkKey, type Key, MAX_VALUE_BYTES } from '../config/key.js';
import { MAX_INIT_BYTES } from '../daemon/http-admin.js';
import { initialJson, initialValues } from '../daemon/initial-values.js';
import { isDirectoryAt, readFileIfThere, walkTree } from '../platform/node/program-files.js';
import { jsonOf } from './api-answer.js';
import { type Arguments, type CliCommand, DRY_RUN, usage } from './command.js';
import type { Context } from './context.js';
import { readKey } from './values.js';

/** What a filesystem holds when nothing else is asked for. */
const DEFAULTS: ReadonlyMap<Key, Buffer> = new Map([
  [
    'README',
    Buffer.from('Keys are paths, values are files. See hfs_config --help, and curl /v1/config/.\n'),
  ],
]);

export const initCommand: CliCommand = {
  words: 'init',
  group: 'values',
  doc: 'put in the initial values; only into a filesystem without any',
  examples: ['init --from values/', 'init --from values.json --dry-run'],
  positionals: [],
  options: [{ name: 'from', kind: 'text', doc: 'DIR|FILE.json: values to put in' }, DRY_RUN],
  async run(args: Arguments, context: Context): Promise<number> {
    const from = args.text('from');
    const values = from === undefined ? DEFAULTS : valuesFrom(from, context);
    if (args.flag('dry-run')) return dryRun(context, values);
    const body = Buffer.from(initialJson(values));
    if (body.length > MAX_INIT_BYTES)
      throw usage('--from', 'these are too many values for one commit');
    const answer = await context.client.ask({ method: 'POST', path: '/v1/init', body });
    const { keys, revision } = jsonOf<{ keys: number; revision: number }>(answer);
    const text = context.isJson
      ? JSON.stringify({ keys, revision })
      : `initialised: ${keys} keys at revision ${revision}`;
    context.output.data(`${text}\n`);
    return 0;
  },
};

function valuesFrom(from: string, context: Context): ReadonlyMap<Key, Buffer> {
  const isDirectory = isDirectoryAt(from);
  if (isDirectory === undefined) throw usage('--from', `there is no ${from}`);
  if (isDirectory) return valuesOfTree(from, context);
  const file = readFileIfThere(from);
  return initialValues(file ?? Buffer.alloc(0));
}

function valuesOfTree(root: string, context: Context): ReadonlyMap<Key, Buffer> {
  const values = new Map<Key, Buffer>();
  for (const { path, kind, read } of walkTree(root)) {
    if (kind === 'empty-directory') {
      context.output.note(`left out: ${path} is an empty directory`);
      continue;
    }
    if (kind === 'other') throw usage('--from', `${path} is neither a file nor a directory`);
    if (path.includes('\uFFFD')) throw usage('--from', `the name ${path} is not UTF-8`);
    checkKey(path);
    values.set(path, fitting(path, read()));
  }
  return values;
}

function fitting(path: string, value: Buffer): Buffer {
  if (value.length <= MAX_VALUE_BYTES) return value;
  const why = `it has ${value.length} bytes, the limit is ${MAX_VALUE_BYTES}`;
  throw new ConfigError('HFS-1003', `${path} is too large`, why, 'leave it out');
}

async function dryRun(context: Context, values: ReadonlyMap<Key, Buffer>): Promise<number> {
  const found = await rootEntries(context);
  if (found > 0) {
    const why = `the filesystem holds ${found} names already`;
    throw new ConfigError('HFS-1006', 'would be refused', why, 'change values with set');
  }
  for (const [key, value] of values)
    context.output.data(`would set ${key} to ${value.length} bytes\n`);
  return 0;
}

async function rootEntries(context: Context): Promise<number> {
  try {
    const root = await readKey(context, '', { isStale: false, isRecursive: false });
    return root.kind === 'directory' ? root.entries.length : 1;
  } catch (error) {
    if (isCode(error, 'HFS-1004')) return 0;
    throw error;
  }
}
