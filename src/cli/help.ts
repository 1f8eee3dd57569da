import { type HelpPage, type HelpRow, helpLines } from '../terminal/help-page.js';
import { didYouMean } from '../terminal/nearest.js';
import { type ArgumentSpec, type CliCommand, type CommandGroup, usage } from './command.js';
import { GLOBAL_OPTIONS } from './command-line.js';
import { wordsOf } from './words.js';

const PROGRAM = 'hfs_config';

const GROUPS: readonly (readonly [CommandGroup, string])[] = [
  ['values', 'values'],
  ['servers', 'servers'],
  ['health', 'is all well?'],
  ['other', 'other'],
];

/** Prints the page of the command that `words` name, or that of the program. HFS-1001 where there is no such command. */
export function printHelp(
  commands: readonly CliCommand[],
  words: readonly string[],
  print: (line: string) => void,
): void {
  const page = pageOf(commands, words);
  for (const line of helpLines(page)) print(line);
}

function pageOf(commands: readonly CliCommand[], words: readonly string[]): HelpPage {
  const [first] = words;
  if (first === undefined) return programPage(commands);
  const such = commands.filter(({ words: own }) => wordsOf(own).names[0] === first);
  const exact = such.find(({ words: own }) => isNamed(own, words));
  if (exact !== undefined) return commandPage(exact);
  if (such.length > 0) return groupPage(first, such);
  const names = [...new Set(commands.map(({ words: own }) => wordsOf(own).names[0] ?? ''))];
  throw usage(JSON.stringify(first), `there is no such command${didYouMean(first, names)}`);
}

function isNamed(own: string, words: readonly string[]): boolean {
  return wordsOf(own).names.every((name, index) => words[index] === name);
}

function programPage(commands: readonly CliCommand[]): HelpPage {
  return {
    usage: `${PROGRAM} COMMAND [OPTION…]`,
    doc: 'Reads and changes the configuration of a HekaFS cluster, over the hekafsd of this node or of another one.',
    sections: [
      ...GROUPS.map(([group, title]) => ({
        title,
        rows: commands.filter((command) => command.group === group).map(commandRow),
      })),
      { title: 'options of every command', rows: GLOBAL_OPTIONS.map(optionRow) },
    ],
    examples: [
      {
        line: `${PROGRAM} serve --bootstrap`,
        doc: 'make this node the first server of a new cluster',
      },
      { line: `${PROGRAM} set site/name 'My cluster'` },
      { line: `${PROGRAM} get site/name` },
      { line: `${PROGRAM} status`, doc: 'how all of it is, and what to do next' },
    ],
    end: `${PROGRAM} help COMMAND shows the options and examples of one. ${PROGRAM} explain HFS-NNNN explains an error.`,
  };
}

/** Where one word begins several commands. */
function groupPage(first: string, commands: readonly CliCommand[]): HelpPage {
  return {
    usage: `${PROGRAM} ${first} COMMAND [OPTION…]`,
    doc: `What ${first} can do:`,
    sections: [{ title: 'commands', rows: commands.map(commandRow) }],
    examples: commands.flatMap(({ examples }) => examples.map(exampleOf)),
  };
}

function commandPage({ words, doc, positionals, options, examples }: CliCommand): HelpPage {
  return {
    usage: `${PROGRAM} ${shownWords(words)}${options.length === 0 ? '' : ' [OPTION…]'}`,
    doc: `${doc.charAt(0).toUpperCase()}${doc.slice(1)}.`,
    sections: [
      {
        title: 'what to give',
        rows: positionals.map(({ name, doc }) => [name.toUpperCase(), doc]),
      },
      { title: 'options', rows: options.map(optionRow) },
      { title: 'options of every command', rows: GLOBAL_OPTIONS.map(optionRow) },
    ],
    examples: examples.map(exampleOf),
  };
}

function exampleOf(example: string): { readonly line: string } {
  return { line: `${PROGRAM} ${example}` };
}

function commandRow({ words, doc }: CliCommand): HelpRow {
  return [shownWords(words), doc];
}

/** `-r, --recursive`; an option with a value says in front of its doc what the value is: `SECONDS: …`. */
function optionRow({ name, kind, doc, short }: ArgumentSpec): HelpRow {
  const dashed = short === undefined ? `--${name}` : `-${short}, --${name}`;
  if (kind === 'flag') return [dashed, doc];
  const [, value = 'VALUE', rest = doc] = /^(\S+): (.*)$/.exec(doc) ?? [];
  return [`${dashed} ${value}`, rest];
}

/** `get <key..>` as people read it: `get KEY…`. */
function shownWords(words: string): string {
  const { names, places } = wordsOf(words);
  const shown = places.map(({ name, isRequired, isMany }) => {
    const word = `${name.toUpperCase()}${isMany ? '…' : ''}`;
    return isRequired ? word : `[${word}]`;
  });
  return [...names, ...shown].join(' ');
}
