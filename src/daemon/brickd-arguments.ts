import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/error.js';
import { type OptionOverride, OverrideError, parseOverride } from '../graph/option-overrides.js';
import { LOG_LEVELS, type LogLevel } from './option-value.js';

export interface BrickdArguments {
  readonly volfile: string;
  readonly pidFile: string | undefined;
  /** Undefined is standard error. */
  readonly logFile: string | undefined;
  readonly logLevel: LogLevel;
  readonly isForeground: boolean;
  /** What is laid over the volfile's options. */
  readonly overrides: readonly OptionOverride[];
}

export const BRICKD_HELP = `usage: hfs_brickd -f VOLFILE [-p PIDFILE] [-l LOGFILE] [-L LEVEL] [-N]
                  [--xlator-option NAME.KEY=VALUE]…

Serves a brick, as a volfile with protocol/server on top describes it.

  -f, --volfile FILE     the volfile
  -p, --pid-file FILE    write the process's number there, remove it at the end
  -l, --log-file FILE    append the log there; "-" is standard error
                         (default: with -N standard error, without it
                         /var/log/hekafs/VOLFILE.log)
  -L, --log-level LEVEL  ${LOG_LEVELS.join(', ')} (default info)
  -N, --no-daemon        stay in the foreground
      --xlator-option NAME.KEY=VALUE
                         set an option of the volume NAME (* is any text),
                         whatever the volfile says; as often as needed
  -h, --help             this text
      --version          the version

Without -N it returns once the brick listens, or says why it does not, exit 1.
SIGTERM stops it cleanly, SIGHUP opens the log file anew.

examples
  hfs_brickd -N -f volfiles/brick-posix.vol
  hfs_brickd -N -f b0.vol --xlator-option '*-server.listen-port=49160'
  hfs_brickd -f /etc/hekafs/b0.vol -p /run/b0.pid -l /var/log/b0.log
`;

const LOG_DIRECTORY = '/var/log/hekafs';

const OPTIONS = {
  volfile: { type: 'string', short: 'f' },
  'pid-file': { type: 'string', short: 'p' },
  'log-file': { type: 'string', short: 'l' },
  'log-level': { type: 'string', short: 'L', default: 'info' },
  'no-daemon': { type: 'boolean', short: 'N', default: false },
  'xlator-option': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

/** What the words after the program's name ask for. Paths become absolute. HFS-1001 for what is not known. */
export function readBrickdArguments(
  words: readonly string[],
): BrickdArguments | 'help' | 'version' {
  const values = parsed(words);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const { volfile } = values;
  if (volfile === undefined) throw usage('no volfile', 'option -f is needed');
  const logLevel = LOG_LEVELS.find((level) => level === values['log-level']?.toLowerCase());
  if (!logLevel)
    throw usage(`log level ${values['log-level']}`, `not one of ${LOG_LEVELS.join(', ')}`);
  const isForeground = values['no-daemon'];
  return {
    volfile: resolve(volfile),
    pidFile: values['pid-file'] === undefined ? undefined : resolve(values['pid-file']),
    logFile: logFile(values['log-file'], volfile, isForeground),
    logLevel,
    isForeground,
    overrides: overrides(values['xlator-option'] ?? []),
  };
}

function overrides(words: readonly string[]): OptionOverride[] {
  try {
    return words.map(parseOverride);
  } catch (error) {
    if (error instanceof OverrideError)
      throw usage('--xlator-option not understood', error.message);
    throw error;
  }
}

function logFile(
  given: string | undefined,
  volfile: string,
  isForeground: boolean,
): string | undefined {
  if (given === '-') return undefined;
  if (given !== undefined) return resolve(given);
  return isForeground ? undefined : `${LOG_DIRECTORY}/${basename(volfile, '.vol')}.log`;
}

/** The words that give these arguments again. */
export function brickdWords(given: BrickdArguments): string[] {
  return [
    ...['-f', given.volfile],
    ...(given.pidFile === undefined ? [] : ['-p', given.pidFile]),
    ...['-l', given.logFile ?? '-', '-L', given.logLevel],
    ...(given.isForeground ? ['-N'] : []),
    ...given.overrides.flatMap(({ text }) => ['--xlator-option', text]),
  ];
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw usage('arguments not understood', error instanceof Error ? error.message : String(error));
  }
}

function usage(what: string, why: string): ConfigError {
  return new ConfigError('HFS-1001', what, why, 'see hfs_brickd --help');
}
