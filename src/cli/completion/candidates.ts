import { CODES } from '../../config/error.js';
import type { Status } from '../../daemon/verbs.js';
import { jsonOf } from '../api-answer.js';
import type { CliCommand } from '../command.js';
import { GLOBAL_OPTIONS } from '../command-line.js';
import type { Context } from '../context.js';
import { configPath, directoryKey, readKey } from '../values.js';
import { wordsOf } from '../words.js';
import { SHELLS } from './scripts.js';
import type { Typed } from './typed.js';

/** What can be asked about the cluster; each answers nothing where nobody answers in time. */
type Source = (context: Context, partial: string) => readonly string[] | Promise<readonly string[]>;

/** What may stand in a place of a command, by the place's name; a place that is not here is free text, or a file. */
const PLACES: Readonly<Record<string, Source>> = {
  key: keysBelow,
  prefix: async (context, partial) =>
    (await keysBelow(context, partial)).filter((key) => key.endsWith('/')),
  node: async (context) => (await servers(context)).map(({ name }) => name),
  code: () => Object.keys(CODES),
  shell: () => SHELLS,
};

/** The same for the values of options. */
const OPTIONS: Readonly<Record<string, Source>> = {
  server: async (context) => (await servers(context)).map(({ address }) => address),
  join: async (context) => (await servers(context)).map(({ address }) => address),
};

/** What the last word may become, in order; only what begins with it. */
export async function candidates(
  commands: readonly CliCommand[],
  typed: Typed,
  context: Context,
): Promise<readonly string[]> {
  const all = await everything(commands, typed, context);
  const fitting = all.filter((each) => each.startsWith(typed.partial) && isOneLine(each));
  return [...new Set(fitting)].sort();
}

async function everything(
  commands: readonly CliCommand[],
  typed: Typed,
  context: Context,
): Promise<readonly string[]> {
  const { command, words, partial, pending } = typed;
  if (pending !== undefined) return (await OPTIONS[pending]?.(context, partial)) ?? [];
  if (partial.startsWith('-') && !typed.isPlain) return optionNames(command);
  if (command === undefined || words[0] === 'help') return commandWords(commands, words);
  const { names, places } = wordsOf(command.words);
  const place = places[words.length - names.length] ?? places.find(({ isMany }) => isMany);
  return (await PLACES[place?.name ?? '']?.(context, partial)) ?? [];
}

function optionNames(command: CliCommand | undefined): readonly string[] {
  const specs = [...GLOBAL_OPTIONS, ...(command?.options ?? [])];
  return [...specs.map(({ name }) => `--${name}`), '--help', '--version'];
}

/** The next word of a command's name. */
function commandWords(
  commands: readonly CliCommand[],
  words: readonly string[],
): readonly string[] {
  const before = words[0] === 'help' ? words.slice(1) : words;
  const names = commands.map((command) => wordsOf(command.words).names);
  const next = names
    .filter((each) => before.every((word, index) => each[index] === word))
    .flatMap((each) => each[before.length] ?? []);
  return words.length === 0 ? [...next, 'help'] : next;
}

/** The names in the directory that is being typed. */
async function keysBelow(context: Context, partial: string): Promise<readonly string[]> {
  const directory = directoryKey(partial.slice(0, partial.lastIndexOf('/') + 1));
  return quietly(async () => {
    configPath(directory);
    const found = await readKey(context, directory, { isStale: true, isRecursive: false });
    return found.kind === 'directory' ? found.entries.map(({ key }) => key) : [];
  });
}

async function servers(context: Context): Promise<Status['servers']> {
  return quietly(async () => {
    const answer = await context.client.ask({ method: 'GET', path: '/v1/status' });
    return jsonOf<Status>(answer).servers;
  });
}

/** Nobody who presses the tabulator wants to read an error. */
async function quietly<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await ask();
  } catch {
    return [];
  }
}

/** A candidate is a line. */
function isOneLine(text: string): boolean {
  return !/[\n\r\0]/.test(text);
}
