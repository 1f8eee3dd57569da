import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** None takes so long, but for a brick that no longer answers. */
const TIMEOUT_MS = 300_000;

/** Runs one of the programs beside this file and answers what it prints. */
export async function child(
  program: 'raw-load' | 'file-load',
  ...words: string[]
): Promise<unknown> {
  const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...words], {
    timeout: TIMEOUT_MS,
  });
  return JSON.parse(stdout);
}
