import { type Arguments, type CliCommand, usage } from './command.js';
import { type Context, newContext } from './context.js';

/** The shell waits so long for keys and servers at most. */
const ASK_SECONDS = 0.5;

/** `commands` is asked late: the command is one of them. */
export function completionCommand(commands: () => readonly CliCommand[]): CliCommand {
  return {
    words: 'completion <shell> [word..]',
    group: 'other',
    doc: 'print a script that has bash, zsh or fish complete commands, options, keys and servers',
    examples: [
      'completion bash > /etc/bash_completion.d/hfs_config',
      'completion zsh',
      'completion fish',
    ],
    positionals: [
      { name: 'shell', kind: 'text', doc: 'bash, zsh or fish' },
      { name: 'word', kind: 'texts', doc: 'behind --: print what the last one may become' },
    ],
    options: [],
    async run(args: Arguments, context: Context): Promise<number> {
      const { SCRIPTS, SHELLS } = await import('./completion/scripts.js');
      const shell = SHELLS.find((each) => each === args.required('shell'));
      if (shell === undefined) throw usage('the shell', `it is one of ${SHELLS.join(', ')}`);
      const line = args.texts('word');
      const text = line.length === 0 ? SCRIPTS[shell] : await answer(commands(), line);
      context.output.data(text);
      return 0;
    },
  };
}

async function answer(commands: readonly CliCommand[], line: readonly string[]): Promise<string> {
  const { readTyped } = await import('./completion/typed.js');
  const { candidates } = await import('./completion/candidates.js');
  const typed = readTyped(commands, line);
  const { env } = process;
  const context = newContext({
    server: typed.options.get('server') ?? (env['HEKAFS_SERVER'] || undefined),
    stateDir: typed.options.get('state-dir') ?? (env['HEKAFS_STATE_DIR'] || undefined),
    ...{ isJson: false, isYes: true, isColour: false, isVerbose: false },
    timeoutSeconds: ASK_SECONDS,
  });
  try {
    const found = await candidates(commands, typed, context);
    return found.map((each) => `${each}\n`).join('');
  } finally {
    context.close();
  }
}
