import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended and what it printed. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The launchers that ship. */
export function bin(name: string): string {
  return fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url));
}

export interface RunOptions {
  readonly input?: Buffer | string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program of Node to its end, without what the environment says of HekaFS. */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const child = start(program, args, options.environment);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => void stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => void stderr.push(chunk));
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const text = Buffer.concat(stderr).toString();
      resolve({ code, stdout: Buffer.concat(stdout), stderr: text });
    });
  });
}

/** Starts a program of Node and leaves it running. */
export function start(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('HEKAFS_'));
  const env = { ...Object.fromEntries(kept), ...environment };
  return spawn(process.execPath, [program, ...args], { env });
}

/** Everything that a stream says until it has said `pattern`, or ends. */
export function heard(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('close', () => resolve(text));
  });
}

/** Settles with the exit code, or the name of the signal. */
export function ended(child: ChildProcess): Promise<number | string> {
  const how = child.exitCode ?? child.signalCode;
  if (how !== null) return Promise.resolve(how);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? -1));
  });
}
