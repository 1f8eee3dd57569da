import yargs, { type Argv } from 'yargs';
import { ConfigError } from '../config/error.js';
import { VERSION } from '../daemon/version.js';
import { type ArgumentSpec, type CliCommand, usage } from './command.js';
import type { Globals } from './context.js';

/** A command line, read. */
export interface CommandLine {
  readonly command: CliCommand | undefined;
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
  { name: 'timeout', kind: 'text', doc: 'SECONDS to wait (default 10; serve and retire 60)' },
  { name: 'yes', kind: 'flag', doc: 'do not ask on a terminal' },
  { name: 'no-color', kind: 'flag', doc: 'no colours' },
  { name: 'verbose', short: 'v', kind: 'flag', doc: 'say more' },
];

/** Reads a command line; `--help` and `--version` print and exit. A fault is HFS-1001. */
export async function readCommandLine(
  program: string,
  commands: readonly CliCommand[],
  argv: readonly string[],
  environment: Environment,
): Promise<CommandLine> {
  let command: CliCommand | undefined;
  const parser = withCommands(base(program), commands, (chosen) => {
    command = chosen;
  });
  const args: Readonly<Record<string, unknown>> = await parser.parseAsync([...argv]);
  return { command, args, globals: globalsOf(args, environment) };
}

function base(program: string): Argv {
  return GLOBAL_OPTIONS.reduce(addOption, yargs().scriptName(program))
    .parserConfiguration({
      'duplicate-arguments-array': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
    })
    .strict()
    .demandCommand(1, 'a command is missing')
    .version(VERSION)
    .help()
    .locale('en')
    .wrap(null)
    .fail((message, error) => {
      if (error instanceof ConfigError) throw error;
      throw usage('command line', message ?? String(error));
    });
}

function withCommands(
  parser: Argv,
  commands: readonly CliCommand[],
  choose: (command: CliCommand) => void,
): Argv {
  return commands.reduce((at, command) => addCommand(at, command, choose), parser);
}

/** `token create` is a word below a word. */
function addCommand(
  parser: Argv,
  command: CliCommand,
  choose: (command: CliCommand) => void,
): Argv {
  const [first = '', second, ...more] = command.words.split(' ');
  if (second === undefined || !/^[a-z]+$/.test(second))
    return parser.command(command.words, command.doc, build(command), () => choose(command));
  const inner = { ...command, words: [second, ...more].join(' ') };
  return parser.command(
    `${first} <command>`,
    `${second}: ${command.doc}`,
    (below) =>
      below.command(inner.words, inner.doc, build(inner), () => choose(command)).demandCommand(1),
    () => {},
  );
}

function build(command: CliCommand): (parser: Argv) => Argv {
  return (parser) =>
    command.options.reduce(addOption, command.positionals.reduce(addPositional, parser));
}

function addPositional(parser: Argv, { name, kind, doc }: ArgumentSpec): Argv {
  return parser.positional(name, { type: 'string', array: kind === 'texts', describe: doc });
}

function addOption(parser: Argv, { name, kind, doc, short }: ArgumentSpec): Argv {
  const alias = short === undefined ? {} : { alias: short };
  if (kind === 'flag') return parser.option(name, { type: 'boolean', describe: doc, ...alias });
  return parser.option(name, { type: 'string', requiresArg: true, describe: doc, ...alias });
}

function globalsOf(args: Readonly<Record<string, unknown>>, environment: Environment): Globals {
  const text = (name: string): string | undefined => {
    const value = args[name];
    return typeof value === 'string' ? value : undefined;
  };
  const isPlain = args['no-color'] === true || Boolean(environment['NO_COLOR']);
  return {
    server: text('server') ?? (environment['HEKAFS_SERVER'] || undefined),
    stateDir: text('state-dir') ?? (environment['HEKAFS_STATE_DIR'] || undefined),
    isJson: args['json'] === true,
    timeoutSeconds: secondsOf(text('timeout')),
    isYes: args['yes'] === true,
    isColour: process.stdout.isTTY === true && !isPlain,
    isVerbose: args['verbose'] === true,
  };
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text !== '' && seconds > 0 && seconds <= 3600) return seconds;
  throw usage('--timeout', `${JSON.stringify(text)} is not a number of seconds up to 3600`);
}
