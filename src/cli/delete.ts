import { jsonOf } from './api-answer.js';
import { type Arguments, type CliCommand, DRY_RUN } from './command.js';
import type { Context } from './context.js';
import { conditionHeaders } from './set.js';
import { configPath, directoryKey, readKey } from './values.js';

export const deleteCommand: CliCommand = {
  words: 'delete <key>',
  group: 'values',
  doc: 'remove a value, or with -r a directory',
  examples: ['delete site/name', 'delete -r tenants/old'],
  positionals: [{ name: 'key', kind: 'text', doc: 'what' }],
  options: [
    { name: 'recursive', short: 'r', kind: 'flag', doc: 'a directory with all below it' },
    { name: 'if-revision', kind: 'text', doc: 'N: only if the key was changed last at revision N' },
    DRY_RUN,
  ],
  async run(args: Arguments, context: Context): Promise<number> {
    const key = directoryKey(args.required('key'));
    const isRecursive = args.flag('recursive');
    if (args.flag('dry-run')) return dryRun(context, key, isRecursive);
    if (isRecursive && !(await context.confirm(`remove ${key} and all below it?`))) return 1;
    const path = `${configPath(key)}${isRecursive ? '?recursive=1' : ''}`;
    const headers = conditionHeaders(args);
    const answer = await context.client.ask({ method: 'DELETE', path, headers });
    const { revision, removed } = jsonOf<{ revision: number; removed: number }>(answer);
    if (context.isJson) context.output.data(`${JSON.stringify({ key, revision, removed })}\n`);
    else if (context.isVerbose)
      context.output.note(`${key}: ${removed} removed, revision ${revision}`);
    return 0;
  },
};

async function dryRun(context: Context, key: string, isRecursive: boolean): Promise<number> {
  const found = await readKey(context, key, { isStale: false, isRecursive: true });
  const keys = found.kind === 'value' ? [key] : valueKeys(found.entries);
  const isRefused = found.kind === 'directory' && !isRecursive;
  context.output.data(isRefused ? `would refuse: ${key} is a directory, see -r\n` : listText(keys));
  return 0;
}

function valueKeys(entries: readonly { readonly key: string; readonly kind: string }[]): string[] {
  return entries.filter(({ kind }) => kind === 'value').map(({ key }) => key);
}

function listText(keys: readonly string[]): string {
  return keys.map((key) => `would remove ${key}\n`).join('');
}
