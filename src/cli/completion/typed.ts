import type { ArgumentSpec, CliCommand } from '../command.js';
import { GLOBAL_OPTIONS } from '../command-line.js';
import { wordsOf } from '../words.js';

/** A command line that somebody is still typing. */
export interface Typed {
  /** The command, as far as its words are there already. */
  readonly command: CliCommand | undefined;
  /** The words before the last one, without options, from the first on. */
  readonly words: readonly string[];
  /** Options with values, as typed. */
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value is being typed. */
  readonly pending: string | undefined;
  /** The last word, up to the cursor. */
  readonly partial: string;
  /** True behind `--`: nothing is an option any more. */
  readonly isPlain: boolean;
}

/** Reads a line that need not be right yet. */
export function readTyped(commands: readonly CliCommand[], line: readonly string[]): Typed {
  const partial = line.at(-1) ?? '';
  const specs = [...GLOBAL_OPTIONS, ...commands.flatMap(({ options }) => options)];
  const words: string[] = [];
  const options = new Map<string, string>();
  let pending: string | undefined;
  let isPlain = false;
  for (const word of line.slice(0, -1)) {
    if (pending !== undefined) {
      options.set(pending, word);
      pending = undefined;
    } else if (isPlain || !word.startsWith('-') || word === '-') words.push(word);
    else if (word === '--') isPlain = true;
    else pending = optionAt(specs, word, options);
  }
  return { command: commandOf(commands, words), words, options, pending, partial, isPlain };
}

/** Notes the value of `--name=value`; answers the name of an option whose value is the next word. */
function optionAt(
  specs: readonly ArgumentSpec[],
  word: string,
  options: Map<string, string>,
): string | undefined {
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/.exec(word) ?? [];
  if (value !== undefined) options.set(name, value);
  const isText = specs.some((spec) => spec.name === name && spec.kind === 'text');
  return isText && value === undefined ? name : undefined;
}

function commandOf(
  commands: readonly CliCommand[],
  words: readonly string[],
): CliCommand | undefined {
  return commands.find((command) =>
    wordsOf(command.words).names.every((name, index) => words[index] === name),
  );
}
