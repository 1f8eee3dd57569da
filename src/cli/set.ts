import { ConfigError, isCode } from '../config/error.js';
import { MAX_VALUE_BYTES } from '../config/key.js';
import { readStandardInput } from '../platform/node/program-files.js';
import { jsonOf } from './api-answer.js';
import { type Arguments, type CliCommand, DRY_RUN, usage } from './command.js';
import type { Context } from './context.js';
import { configPath, readKey } from './values.js';

export const setCommand: CliCommand = {
  words: 'set <key> [value]',
  group: 'values',
  doc: 'store a value; - or no value reads it from standard input',
  examples: [
    "set site/name 'My cluster'",
    'set site/logo.png < logo.png',
    'set site/name new --if-revision 12',
  ],
  positionals: [
    { name: 'key', kind: 'text', doc: 'where' },
    { name: 'value', kind: 'text', doc: 'what; exactly these bytes, without a newline' },
  ],
  options: [
    { name: 'if-revision', kind: 'text', doc: 'N: only if the key was changed last at revision N' },
    { name: 'if-absent', kind: 'flag', doc: 'only if there is no such key yet' },
    DRY_RUN,
  ],
  async run(args: Arguments, context: Context): Promise<number> {
    const key = args.required('key');
    const path = configPath(key);
    const headers = conditionHeaders(args);
    const given = args.text('value') ?? '-';
    const body = given === '-' ? await readStandardInput(MAX_VALUE_BYTES) : Buffer.from(given);
    checkSize(body);
    if (args.flag('dry-run')) return dryRun(context, key, body);
    const { revision } = jsonOf<{ revision: number }>(
      await context.client.ask({ method: 'PUT', path, headers, body }),
    );
    if (context.isJson) context.output.data(`${JSON.stringify({ key, revision })}\n`);
    else if (context.isVerbose) context.output.note(`${key}: revision ${revision}`);
    return 0;
  },
};

/** The condition of a write, as HTTP has it. */
export function conditionHeaders(args: Arguments): Readonly<Record<string, string>> {
  const revision = args.count('if-revision', 0);
  if (!args.flag('if-absent')) return revision === undefined ? {} : { 'If-Match': `"${revision}"` };
  if (revision !== undefined) throw usage('--if-absent', 'it excludes --if-revision');
  return { 'If-None-Match': '*' };
}

function checkSize(value: Buffer): void {
  if (value.length <= MAX_VALUE_BYTES) return;
  const why = `the limit is ${MAX_VALUE_BYTES} bytes`;
  throw new ConfigError('HFS-1003', 'the value is too large', why, 'split it over several keys');
}

async function dryRun(context: Context, key: string, value: Buffer): Promise<number> {
  const before = await describe(context, key);
  context.output.data(`would set ${key} to ${value.length} bytes; now it is ${before}\n`);
  return 0;
}

async function describe(context: Context, key: string): Promise<string> {
  try {
    const now = await readKey(context, key, { isStale: false, isRecursive: false });
    if (now.kind === 'directory') return 'a directory, and would be refused';
    return `${now.value.length} bytes of revision ${now.revision}`;
  } catch (error) {
    if (isCode(error, 'HFS-1004')) return 'absent';
    throw error;
  }
}
