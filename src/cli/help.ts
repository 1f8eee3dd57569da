import yargs, { type Argv } from 'yargs';
import { ConfigError } from '../config/error.js';
import { VERSION } from '../version.js';
import { type ArgumentSpec, type CliCommand, usage } from './command.js';

/**
 * Prints what `--help` or `--version` asks for, and ends the process. Only this needs the whole of yargs, which takes longer to
 * load than a command takes to run.
 */
export async function printHelp(
  program: string,
  globals: readonly ArgumentSpec[],
  commands: readonly CliCommand[],
  argv: readonly string[],
): Promise<void> {
  const start = globals
    .reduce(addOption, yargs().scriptName(program))
    .version(VERSION)
    .help()
    .locale('en')
    .wrap(null)
    .fail((message, error) => {
      if (error instanceof ConfigError) throw error;
      throw usage('command line', message ?? String(error));
    });
  await commands.reduce(addCommand, start).parseAsync([...argv]);
}

/** `token create` is a word below a word. */
function addCommand(parser: Argv, command: CliCommand): Argv {
  const [first = '', second] = command.words.split(' ');
  if (second === undefined || !/^[a-z]+$/.test(second))
    return parser.command(command.words, command.doc, build(command), () => {});
  return parser.command(
    `${first} <command>`,
    `${second}: ${command.doc}`,
    (below) => below.command(second, command.doc, build(command), () => {}),
    () => {},
  );
}

function build(command: CliCommand): (parser: Argv) => Argv {
  return (parser) =>
    command.options
      .reduce(addOption, command.positionals.reduce(addPositional, parser))
      .example(command.examples.map((example) => [`$0 ${example}`, '']));
}

function addPositional(parser: Argv, { name, doc }: ArgumentSpec): Argv {
  return parser.positional(name, { type: 'string', describe: doc });
}

function addOption(parser: Argv, { name, kind, doc, short }: ArgumentSpec): Argv {
  const alias = short === undefined ? {} : { alias: short };
  const type = kind === 'flag' ? 'boolean' : 'string';
  return parser.option(name, { type, describe: doc, ...alias });
}
