import yargs from 'yargs';
import { ConfigError } from '../config/error.js';
import { didYouMean } from '../terminal/nearest.js';
import { DAEMON_OPTIONS, type DaemonOptionName } from './option-table.js';
import type { Given } from './options.js';

export interface DaemonCommandLine {
  readonly flags: Given;
  readonly isDemo: boolean;
  /** Undefined: as many as the demo had, or three. */
  readonly nodes: number | undefined;
}

const MAX_DEMO_NODES = 9;

/** Reads hekafsd's command line; help has been answered before. A fault is HFS-1001. */
export async function daemonCommandLine(argv: readonly string[]): Promise<DaemonCommandLine> {
  const parsed: Readonly<Record<string, unknown>> = await parser().parseAsync([...argv]);
  const pairs = DAEMON_OPTIONS.map(({ name }) => [name, parsed[name]] as const);
  const given = pairs.filter((pair): pair is [DaemonOptionName, string] => pair[1] !== undefined);
  const flags: Given = Object.fromEntries(given);
  const isDemo = parsed['demo'] === true;
  const nodes = parsed['nodes'] as number | undefined;
  if (isDemo) checkDemo(flags, nodes);
  else if (nodes !== undefined) throw usage('--nodes', 'it goes with --demo');
  return { flags, isDemo, nodes };
}

function parser() {
  const start = yargs()
    .scriptName('hekafsd')
    .option('demo', { type: 'boolean' })
    .option('nodes', { type: 'number', requiresArg: true });
  const all = DAEMON_OPTIONS.reduce(
    (parser, { name }) => parser.option(name, { type: 'string', requiresArg: true }),
    start,
  );
  return all
    .parserConfiguration({ 'duplicate-arguments-array': false, 'camel-case-expansion': false })
    .strict()
    .version(false)
    .help(false)
    .locale('en')
    .fail((message, error) => {
      if (error instanceof ConfigError) throw error;
      throw usage('command line', `${message ?? String(error)}${meant(message ?? '')}`);
    });
}

/** `Unknown argument: staet-dir` */
function meant(message: string): string {
  const word = /^Unknown arguments?: ([\w-]+)/.exec(message)?.[1];
  const names = ['--demo', '--nodes', ...DAEMON_OPTIONS.map(({ name }) => `--${name}`)];
  return word === undefined ? '' : didYouMean(`--${word}`, names);
}

function checkDemo(flags: Given, nodes: number | undefined): void {
  const other = Object.keys(flags).find((name) => name !== 'state-dir');
  if (other !== undefined) throw usage(`--${other}`, '--demo chooses it for each node');
  const isFit =
    nodes === undefined || (Number.isInteger(nodes) && nodes >= 1 && nodes <= MAX_DEMO_NODES);
  if (!isFit) throw usage('--nodes', `it is a number from 1 to ${MAX_DEMO_NODES}`);
}

function usage(what: string, why: string): ConfigError {
  return new ConfigError('HFS-1001', `${what} refused`, why, 'see hekafsd --help');
}
