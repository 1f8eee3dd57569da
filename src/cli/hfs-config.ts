import { CODES, ConfigError } from '../config/error.js';
import { commandLineBytes } from '../platform/node/program-files.js';
import { VERSION } from '../version.js';
import { Arguments, type CliCommand, SEE_HELP } from './command.js';
import { checkText, helpAsked, helpedWords, readCommandLine } from './command-line.js';
import { completionCommand } from './completion.js';
import { newContext } from './context.js';
import { deleteCommand } from './delete.js';
import { doctorCommand } from './doctor.js';
import { explainCommand } from './explain.js';
import { getCommand } from './get.js';
import { initCommand } from './init.js';
import { listCommand } from './list.js';
import { joinCommand, retireCommand, serveCommand, tokenCommand } from './membership.js';
import { serversCommand } from './servers.js';
import { setCommand } from './set.js';
import { statusCommand } from './status.js';
import { verifyCommand } from './verify.js';
import { volfileCommand } from './volfile.js';

/** All that hfs_config can do; what is not here is not in its help either. */
export const COMMANDS: readonly CliCommand[] = [
  joinCommand,
  serveCommand,
  retireCommand,
  initCommand,
  volfileCommand,
  tokenCommand,
  statusCommand,
  serversCommand,
  verifyCommand,
  getCommand,
  setCommand,
  deleteCommand,
  listCommand,
  doctorCommand,
  explainCommand,
  completionCommand(() => COMMANDS),
];

/** hfs_config: words to one request to output. Settles with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    checkText(argv, commandLineBytes);
    const asked = helpAsked(COMMANDS, argv);
    if (asked !== undefined) return await answerHelp(asked, argv);
    const { command, args, globals } = readCommandLine(COMMANDS, argv, process.env);
    const context = newContext(globals, command.timeoutSeconds);
    try {
      return await command.run(new Arguments(args), context);
    } finally {
      context.close();
    }
  } catch (error) {
    return complain(error, argv);
  }
}

async function answerHelp(asked: 'help' | 'version', argv: readonly string[]): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (asked === 'version') print(`hfs_config ${VERSION}`);
  else {
    const { printHelp } = await import('./help.js');
    printHelp(COMMANDS, helpedWords(COMMANDS, argv), print);
  }
  return 0;
}

/** One block on standard error, or one JSON object with `--json`; no stack without `-v`. */
function complain(error: unknown, argv: readonly string[]): number {
  const problem = helped(error instanceof ConfigError ? error : bug(error), argv);
  const block = `${problem.code} ${problem.what}: ${problem.why}\nnext: ${problem.next}`;
  process.stderr.write(`${argv.includes('--json') ? JSON.stringify(problem) : block}\n`);
  const isVerbose = argv.includes('-v') || argv.includes('--verbose');
  if (isVerbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return CODES[problem.code].exit;
}

/** What was wrong with a command line is best seen on the page of its command. */
function helped(problem: ConfigError, argv: readonly string[]): ConfigError {
  if (problem.next !== SEE_HELP) return problem;
  const name = COMMANDS.map(({ words }) => words.split(' ')[0] ?? '').find((each) =>
    argv.includes(each),
  );
  if (name === undefined) return problem;
  const { code, what, why, cause } = problem;
  return new ConfigError(code, what, why, `hfs_config help ${name} shows what it takes`, cause);
}

function bug(error: unknown): ConfigError {
  const why = error instanceof Error ? error.message : String(error);
  return new ConfigError('HFS-9001', 'hfs_config failed', why, 'try again with -v and report it');
}
