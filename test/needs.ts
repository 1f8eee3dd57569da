import { execFileSync } from 'node:child_process';

/**
 * Skips a test or a suite for which something is missing, with the reason; nothing where nothing is. Where it must run, as in CI,
 * what is missing is a failure.
 */
export function skipWithout(context: Mocha.Context, missing: string | undefined): void {
  if (missing === undefined) return;
  if (process.env['HEKAFS_REQUIRE_INTEROP'] === '1') throw new Error(missing);
  process.stderr.write(`    skipped: ${missing}\n`);
  context.skip();
}

/** Which of these are not installed, as a reason; undefined where all are. */
export function missingPrograms(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? undefined : `${missing.join(', ')}: not installed`;
}

/** Why a test that has to be root, and to have these programs, cannot run; undefined where it can. */
export function missingForRoot(...programs: readonly string[]): string | undefined {
  return process.getuid?.() === 0 ? missingPrograms(...programs) : 'root is needed';
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
