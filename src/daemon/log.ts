import { pino } from 'pino';
import { ConfigError } from '../config/error.js';
import type { Clock, Timer } from '../platform/platform.js';
import type { LogLevel } from './option-value.js';
import { terminalLine } from './terminal-line.js';

/** What stands beside a message: code, node, volume, path, gfid, errno, `next` … */
export type LogFields = Readonly<Record<string, unknown>>;

/** A program's log. One incident is one line; what repeats is folded into a count. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** Say what to do next in `next`, where anything can be done. */
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogSetup {
  readonly level: LogLevel;
  /** Undefined is standard error. */
  readonly file: string | undefined;
  readonly node: string;
  readonly clock: Clock;
  /** True where standard error is a terminal: lines for people instead of JSON. */
  readonly isTerminal: boolean;
}

export interface OpenLog extends Log {
  /** Writes out counts of folded lines. */
  flush(): void;
  /** Opens the file anew, after somebody rotated it away. Throws HFS-5101, and goes on with the old one. */
  reopen(): void;
  /** From now on another level, and another file. Throws HFS-5101, and nothing has changed. */
  change(level: LogLevel, file: string | undefined): void;
}

/** Opens the log; every line is written before the call returns. Throws HFS-5101. */
export function openLog(setup: LogSetup): OpenLog {
  const target = new LogTarget(setup.file, setup.isTerminal);
  const options = {
    level: setup.level,
    base: { node: setup.node, pid: process.pid },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date(setup.clock.wallMs()).toISOString()}"`,
  };
  const lines = pino(options, target);
  const fold = new Fold(setup.clock, (level, message, fields) => lines[level](fields, message));
  const say = (level: LogLevel) => (message: string, fields?: LogFields) =>
    fold.say(level, message, fields ?? {});
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    flush: () => fold.flush(),
    reopen: () => target.open(target.path),
    change: (level, file) => {
      target.open(file);
      lines.level = level;
    },
  };
}

/** Lines that wait for a disk that takes none; beyond it they are lost. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

/** Where the lines go: a file, or standard error. */
class LogTarget {
  private file: ReturnType<typeof pino.destination>;

  constructor(
    public path: string | undefined,
    private readonly isTerminal: boolean,
  ) {
    this.file = openFile(path);
  }

  /** Opens the next one before it lets go of this one. */
  open(path: string | undefined): void {
    const { file, path: before } = this;
    if (path === undefined && before === undefined) return;
    this.file = openFile(path);
    this.path = path;
    if (before !== undefined) file.end();
  }

  write(line: string): void {
    const isForPeople = this.path === undefined && this.isTerminal;
    this.file.write(isForPeople ? terminalLine(line) : line);
  }
}

function openFile(path: string | undefined): ReturnType<typeof pino.destination> {
  try {
    const settings = { dest: path ?? 2, sync: true, append: true, maxLength: MAX_UNWRITTEN_BYTES };
    const file = pino.destination(settings);
    // A disk that is full takes the lines later: a program must not end because it could not tell something.
    file.on('error', () => undefined);
    return file;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = 'name a file that this user can write with --log-file, or - for standard error';
    throw new ConfigError('HFS-5101', `log file ${path} cannot be opened`, why, next, error);
  }
}

type Emit = (level: LogLevel, message: string, fields: LogFields) => void;

interface Folded {
  readonly level: LogLevel;
  readonly message: string;
  readonly timer: Timer;
  count: number;
  last: LogFields;
}

/** Repeats within so long are counted, not written. */
export const FOLD_MS = 10_000;
/** Different messages remembered at once; beyond them the oldest is let go. */
const MAX_FOLDED = 256;

/**
 * Lets the first line of a kind through and counts those that follow within ten seconds; then one
 * line says how many there were, with the fields of the last.
 */
export class Fold {
  private readonly folded = new Map<string, Folded>();

  constructor(
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  say(level: LogLevel, message: string, fields: LogFields): void {
    const kind = kindOf(level, message, fields);
    const known = this.folded.get(kind);
    if (known === undefined) {
      this.remember(kind, level, message);
      this.emit(level, message, fields);
      return;
    }
    known.count += 1;
    known.last = fields;
  }

  flush(): void {
    for (const kind of [...this.folded.keys()]) this.tell(kind);
  }

  private remember(kind: string, level: LogLevel, message: string): void {
    const [oldest] = this.folded.keys();
    if (oldest !== undefined && this.folded.size >= MAX_FOLDED) this.tell(oldest);
    const timer = this.clock.after(FOLD_MS, () => this.tell(kind));
    this.folded.set(kind, { level, message, timer, count: 0, last: {} });
  }

  private tell(kind: string): void {
    const known = this.folded.get(kind);
    if (known === undefined) return;
    known.timer.cancel();
    this.folded.delete(kind);
    if (known.count > 0)
      this.emit(known.level, known.message, { ...known.last, repeated: known.count });
  }
}

/**
 * Troubles are of one kind when they have level, message, code and volume in common. What is only told says how
 * something is now: another state is another line, since one that came later than its successor would lie.
 */
function kindOf(level: LogLevel, message: string, fields: LogFields): string {
  const isTrouble = level === 'warn' || level === 'error';
  const same = isTrouble ? [fields['code'], fields['volume']] : fields;
  return `${level} ${message} ${JSON.stringify(same)}`;
}
