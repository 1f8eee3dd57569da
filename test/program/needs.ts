import { execFileSync } from 'node:child_process';

/** What a test needs of the machine: root, and programs. */
export function missingHere(programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'root is needed';
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? undefined : `${missing.join(', ')}: not installed`;
}

/** Skips a suite where it cannot run, with the reason; where it must run, what is missing is a failure. */
export function needRootAnd(context: Mocha.Context, ...programs: readonly string[]): void {
  const missing = missingHere(programs);
  if (missing === undefined) return;
  if (process.env['HEKAFS_REQUIRE_INTEROP'] === '1') throw new Error(missing);
  process.stderr.write(`    skipped: ${missing}\n`);
  context.skip();
}

export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
