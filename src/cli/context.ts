import { resolve } from 'node:path';
import { ConfigError } from '../config/error.js';
import { endpoint } from '../daemon/option-value.js';
import { defaultStateDir, socketPath, tokenPath } from '../daemon/state-dir.js';
import { readFileIfThere } from '../platform/node/program-files.js';
import { socketName } from '../platform/node/socket-path.js';
import { ApiClient, type ApiSetup } from './api-client.js';
import { type Output, processOutput } from './output.js';

/** The options that every command has. */
export interface Globals {
  readonly server: string | undefined;
  readonly stateDir: string | undefined;
  readonly isJson: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly isYes: boolean;
  readonly isColour: boolean;
  readonly isVerbose: boolean;
}

/** What a command works with. */
export interface Context {
  /** Made at the first use: what needs no daemon does not mind where one might be. */
  readonly client: ApiClient;
  /** Ends the client's connections. */
  close(): void;
  readonly output: Output;
  readonly isJson: boolean;
  readonly isVerbose: boolean;
  /** Of this node, whether or not its daemon runs. */
  readonly stateDir: string;
  /** True where the hekafsd of this state directory is asked, over its socket. */
  readonly isLocal: boolean;
  /** Whether `confirm` asks anybody. */
  readonly asks: boolean;
  /** Asks a yes or no on a terminal; elsewhere, and with `--yes`, the answer is yes. */
  confirm(question: string): Promise<boolean>;
}

const DEFAULT_TIMEOUT_SECONDS = 10;

/** Puts together what a command works with. `timeoutSeconds` is the command's own default. */
export function newContext(globals: Globals, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS): Context {
  const isRoot = process.getuid?.() === 0;
  const stateDir = resolve(globals.stateDir ?? defaultStateDir(process.env, isRoot));
  const timeoutMs = (globals.timeoutSeconds ?? timeoutSeconds) * 1000;
  let client: ApiClient | undefined;
  return {
    get client() {
      client ??= new ApiClient({ ...whereOf(globals, stateDir), timeoutMs });
      return client;
    },
    close: () => client?.close(),
    output: processOutput(globals.isColour),
    isJson: globals.isJson,
    isVerbose: globals.isVerbose,
    stateDir,
    isLocal: globals.server === undefined,
    // Looked at only by who wants to ask: opening standard input takes longer than reading a value.
    get asks() {
      return !globals.isYes && isTerminal();
    },
    confirm: (question) => (globals.isYes ? Promise.resolve(true) : askTerminal(question)),
  };
}

type Where = Omit<ApiSetup, 'timeoutMs'>;

/** `--server` says where, `--state-dir` whose credentials; without `--server` it is that directory's socket. */
function whereOf(globals: Globals, stateDir: string): Where {
  if (globals.server === undefined) {
    const path = socketPath(stateDir);
    return {
      target: { socketPath: nameOf(path, stateDir) },
      shown: path,
      token: undefined,
      start: startOf(stateDir),
    };
  }
  const target = endpoint(globals.server);
  const token = globals.stateDir === undefined ? undefined : tokenOf(stateDir);
  return { target, shown: globals.server, token, start: 'start hekafsd there' };
}

/** The service runs on the default directory only. */
function startOf(stateDir: string): string {
  if (stateDir === defaultStateDir({}, true)) return 'start it: systemctl start hekafsd';
  return `start it: hekafsd --state-dir ${stateDir}`;
}

function nameOf(path: string, stateDir: string): string {
  try {
    return socketName(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = `${startOf(stateDir)}, or say where it is with --server or --state-dir`;
    throw new ConfigError('HFS-2003', `no hekafsd answers at ${path}`, why, next, error);
  }
}

function tokenOf(stateDir: string): string {
  const path = tokenPath(stateDir);
  try {
    const token = readFileIfThere(path)?.toString('latin1').trim();
    if (token) return token;
  } catch (error) {
    throw new ConfigError('HFS-4001', `cannot read ${path}`, String(error), 'ask as root', error);
  }
  const why = 'no hekafsd has made one there';
  throw new ConfigError('HFS-4001', `no token at ${path}`, why, 'check --state-dir');
}

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

async function askTerminal(question: string): Promise<boolean> {
  if (!isTerminal()) return true;
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((answer) => {
    lines.once('close', () => answer(false));
    lines.question(`${question} [y/N] `, (text) => {
      answer(/^y(es)?$/i.test(text.trim()));
      lines.close();
    });
  });
}
