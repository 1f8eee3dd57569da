import Parser from 'yargs-parser';
import { ConfigError } from '../config/error.js';
import { didYouMean } from '../terminal/nearest.js';
import { type ArgumentSpec, type CliCommand, usage } from './command.js';
import type { Globals } from './context.js';
import { type Words, wordsOf } from './words.js';

/** A command line, read. */
export interface CommandLine {
  readonly command: CliCommand;
  readonly args: Readonly<Record<string, unknown>>;
  readonly globals: Globals;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The options of every command, for the help and the README. */
export const GLOBAL_OPTIONS: readonly ArgumentSpec[] = [
  {
    name: 'server',
    kind: 'text',
    doc: 'HOST:PORT: which hekafsd is asked (default: the socket of this node)',
  },
  { name: 'state-dir', kind: 'text', doc: 'DIR: whose socket, and with --server whose token' },
  { name: 'json', kind: 'flag', doc: 'print JSON' },
  {
    name: 'timeout',
    kind: 'text',
    doc: 'SECONDS: how long to wait (default 10; serve and retire 60)',
  },
  { name: 'yes', kind: 'flag', doc: 'do not ask on a terminal' },
  { name: 'no-color', kind: 'flag', doc: 'no colours' },
  { name: 'verbose', short: 'v', kind: 'flag', doc: 'say more' },
];

/**
 * Throws HFS-1001 where words are not UTF-8: Node shows such bytes as U+FFFD, and what was stored would be something else than
 * what was typed. `bytes` is the command line as the system has it.
 */
export function checkText(argv: readonly string[], bytes: () => Buffer | undefined): void {
  if (!argv.some((word) => word.includes('\uFFFD'))) return;
  const exact = bytes();
  if (exact === undefined || Buffer.from(exact.toString('utf8'), 'utf8').equals(exact)) return;
  const word = argv.find((each) => each.includes('\uFFFD'));
  const next =
    'keys are UTF-8; give a value of other bytes on standard input: hfs_config set KEY - < FILE';
  throw new ConfigError('HFS-1001', `${JSON.stringify(word)} refused`, 'it is not UTF-8', next);
}

/** What a command line asks for instead of a command: `help …`, or an option of these before any `--`. */
export function helpAsked(
  commands: readonly CliCommand[],
  argv: readonly string[],
): 'help' | 'version' | undefined {
  const end = argv.indexOf('--');
  const before = end === -1 ? argv : argv.slice(0, end);
  if (before.some((word) => word === '--help' || word === '-h')) return 'help';
  if (before.includes('--version')) return 'version';
  return before.includes('help') && split(commands, argv).words[0] === 'help' ? 'help' : undefined;
}

/** The words of the command that help is asked for: none for the program itself. */
export function helpedWords(
  commands: readonly CliCommand[],
  argv: readonly string[],
): readonly string[] {
  const rest = argv.filter((word) => word !== '--help' && word !== '-h');
  const { words } = split(commands, rest);
  return words[0] === 'help' ? words.slice(1) : words;
}

/**
 * Reads a command line. Words are taken as they are, those behind `--` and a lone `-` too. A fault is HFS-1001:
 * nothing is ignored.
 */
export function readCommandLine(
  commands: readonly CliCommand[],
  argv: readonly string[],
  environment: Environment,
): CommandLine {
  const { words, options } = split(commands, argv);
  const { command, rest } = findCommand(commands, words);
  const allowed = [...GLOBAL_OPTIONS, ...command.options].map(({ name }) => name);
  for (const name of Object.keys(options))
    if (!allowed.includes(name))
      throw usage(`--${name}`, `this command does not have it${meantOption(name, allowed)}`);
  const args = { ...options, ...positionals(command, rest) };
  return { command, args, globals: globalsOf(options, environment) };
}

interface Split {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Tells words from options, by the options of all commands: one name means the same everywhere. */
function split(commands: readonly CliCommand[], argv: readonly string[]): Split {
  const specs = [...GLOBAL_OPTIONS, ...commands.flatMap(({ options }) => options)];
  const texts = specs.filter(({ kind }) => kind === 'text').map(({ name }) => name);
  const { argv: parsed, error } = Parser.detailed([...argv], {
    boolean: specs.filter(({ kind }) => kind === 'flag').map(({ name }) => name),
    string: texts,
    narg: Object.fromEntries(texts.map((name) => [name, 1])),
    alias: Object.fromEntries(specs.flatMap(({ name, short }) => (short ? [[name, [short]]] : []))),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
    },
  });
  if (error) throw usage('command line', error.message);
  const { _: words, '--': behind = [], ...options } = parsed;
  checkKnown(specs, options);
  return { words: [...words, ...(behind as readonly unknown[])].map(String), options };
}

function checkKnown(
  specs: readonly ArgumentSpec[],
  options: Readonly<Record<string, unknown>>,
): void {
  const known = specs.map(({ name }) => name);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw usage(dashed(unknown), `there is no such option${meantOption(unknown, known)}`);
}

function meantOption(name: string, names: readonly string[]): string {
  return didYouMean(
    `--${name}`,
    names.map((each) => `--${each}`),
  );
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

interface Chosen {
  readonly command: CliCommand;
  readonly rest: readonly string[];
}

function findCommand(commands: readonly CliCommand[], words: readonly string[]): Chosen {
  const [first] = words;
  if (first === undefined) throw usage('command line', 'a command is missing');
  for (const command of commands) {
    const { names } = wordsOf(command.words);
    if (names.every((name, index) => words[index] === name))
      return { command, rest: words.slice(names.length) };
  }
  throw usage(
    JSON.stringify(words.slice(0, 2).join(' ')),
    noSuchCommand(commands, first, words[1]),
  );
}

function noSuchCommand(
  commands: readonly CliCommand[],
  first: string,
  second: string | undefined,
): string {
  const names = commands.map(({ words }) => wordsOf(words).names);
  const seconds = names.flatMap(([one, two]) => (one === first && two !== undefined ? [two] : []));
  if (seconds.length > 0) {
    const meant = didYouMean(second ?? '', seconds);
    return `${first} is followed by ${seconds.join(' or ')}${meant}`;
  }
  return `there is no such command${didYouMean(first, [...new Set(names.map(([one = '']) => one))])}`;
}

function positionals(
  command: CliCommand,
  words: readonly string[],
): Readonly<Record<string, unknown>> {
  const { places }: Words = wordsOf(command.words);
  const found: Record<string, unknown> = {};
  let rest = words;
  for (const { name, isRequired, isMany } of places) {
    if (rest.length === 0 && isRequired) throw usage(command.words, `${name} is missing`);
    if (isMany) found[name] = rest;
    else if (rest.length > 0) found[name] = rest[0];
    rest = isMany ? [] : rest.slice(1);
  }
  if (rest.length > 0)
    throw usage(command.words, `${JSON.stringify(rest[0])} is one word too many`);
  return found;
}

function globalsOf(options: Readonly<Record<string, unknown>>, environment: Environment): Globals {
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  const isPlain = options['no-color'] === true || Boolean(environment['NO_COLOR']);
  return {
    server: text('server') ?? (environment['HEKAFS_SERVER'] || undefined),
    stateDir: text('state-dir') ?? (environment['HEKAFS_STATE_DIR'] || undefined),
    isJson: options['json'] === true,
    timeoutSeconds: secondsOf(text('timeout')),
    isYes: options['yes'] === true,
    isColour: process.stdout.isTTY === true && !isPlain,
    isVerbose: options['verbose'] === true,
  };
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text !== '' && seconds > 0 && seconds <= 3600) return seconds;
  throw usage('--timeout', `${JSON.stringify(text)} is not a number of seconds up to 3600`);
}
