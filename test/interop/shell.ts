import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LONGEST_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What a bash script prints, once it has ended with 0; `words` are its $1, $2, …. */
export async function shell(script: string, ...words: readonly string[]): Promise<string> {
  return run('bash', ['-euo', 'pipefail', '-c', script, 'bash', ...words]);
}

/** The same in Python; `words` are its sys.argv[1:]. */
export async function python(script: string, ...words: readonly string[]): Promise<string> {
  return run('python3', ['-c', script, ...words]);
}

async function run(program: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', GIT_CONFIG_GLOBAL: '/dev/null' };
  const options = { env, timeout: LONGEST_MS, maxBuffer: MAX_OUTPUT_BYTES };
  try {
    return (await promisify(execFile)(program, words, options)).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${(error as Error).message}\n${stdout ?? ''}\n${stderr ?? ''}`);
  }
}
