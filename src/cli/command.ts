import { ConfigError } from '../config/error.js';
import type { Context } from './context.js';

/** One word that is given behind a command, or an option of it. */
export interface ArgumentSpec {
  readonly name: string;
  readonly kind: 'text' | 'texts' | 'flag';
  readonly doc: string;
  /** One letter, for an option. */
  readonly short?: string;
}

/** Under which heading the help shows a command. */
export type CommandGroup = 'values' | 'servers' | 'health' | 'other';

/** A command: its words, what may follow, and what it does. The help and the README's table come from these. */
export interface CliCommand {
  /** As yargs reads it: `get <key..>`, `list [prefix]`. */
  readonly words: string;
  readonly group: CommandGroup;
  readonly doc: string;
  readonly positionals: readonly ArgumentSpec[];
  readonly options: readonly ArgumentSpec[];
  /** What somebody may type, without the program's name: for the help. */
  readonly examples: readonly string[];
  /** How long it waits unless told otherwise; seconds. */
  readonly timeoutSeconds?: number;
  /** Answers the exit code. Every failure is a ConfigError. */
  run(args: Arguments, context: Context): Promise<number>;
}

/** What was given, by the kinds that the command's table says. */
export class Arguments {
  constructor(private readonly given: Readonly<Record<string, unknown>>) {}

  text(name: string): string | undefined {
    const value = this.given[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** For a word that the command cannot do without: yargs has seen to it. */
  required(name: string): string {
    return this.text(name) ?? '';
  }

  texts(name: string): readonly string[] {
    const value = this.given[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  flag(name: string): boolean {
    return this.given[name] === true;
  }

  /** A whole number of at least `min`, or HFS-1001. */
  count(name: string, min: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min) return value;
    throw usage(`--${name}`, `${JSON.stringify(text)} is not a whole number of at least ${min}`);
  }
}

export const DRY_RUN: ArgumentSpec = {
  name: 'dry-run',
  kind: 'flag',
  doc: 'only say what would be done',
};

/** As long as nobody knows which command is meant. */
export const SEE_HELP = 'hfs_config help shows what can be typed';

export function usage(what: string, why: string): ConfigError {
  return new ConfigError('HFS-1001', `${what} refused`, why, SEE_HELP);
}
