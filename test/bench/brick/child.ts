import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs one of the programs beside this file and answers what it prints. */
export async function child(
  program: 'raw-load' | 'file-load',
  ...words: string[]
): Promise<unknown> {
  const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...words]);
  return JSON.parse(stdout);
}
