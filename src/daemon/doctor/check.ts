import { isErrno } from '../../fop/error.js';
import type { Clock } from '../../platform/platform.js';

/** `SKIP`: it could not be looked at, which says nothing either way. */
export type Verdict = 'OK' | 'WARN' | 'FAIL' | 'SKIP';

/** What came out of one look. */
export interface Finding {
  readonly verdict: Verdict;
  /** What is the case, in one line. */
  readonly found: string;
  /** The next command or step; empty where none is needed. */
  readonly next: string;
}

/** A finding under the name of its check. */
export interface CheckResult extends Finding {
  readonly name: string;
}

export interface DoctorReport {
  readonly node: string;
  readonly name: string;
  readonly version: string;
  readonly checks: readonly CheckResult[];
}

/** One thing that a doctor looks at. */
export interface Check {
  readonly name: string;
  /** Whatever it throws is a FAIL with the error's words. */
  examine(): Finding | Promise<Finding>;
}

export function ok(found: string): Finding {
  return { verdict: 'OK', found, next: '' };
}

export function warn(found: string, next: string): Finding {
  return { verdict: 'WARN', found, next };
}

export function fail(found: string, next: string): Finding {
  return { verdict: 'FAIL', found, next };
}

export function skip(found: string): Finding {
  return { verdict: 'SKIP', found, next: '' };
}

/** The worst of several findings first; their words one after the other, each once. */
export function worstOf(findings: readonly Finding[], otherwise: Finding): Finding {
  for (const verdict of ['FAIL', 'WARN', 'SKIP'] as const) {
    const such = findings.filter((finding) => finding.verdict === verdict);
    const [first] = such;
    if (first) return { ...first, found: such.map(({ found }) => found).join('; ') };
  }
  return otherwise;
}

/** Looks at everything at once, in the order of the list. One that takes longer than `deadlineMs` is a FAIL. */
export function runChecks(
  clock: Clock,
  checks: readonly Check[],
  deadlineMs: number,
): Promise<readonly CheckResult[]> {
  return Promise.all(
    checks.map(async (check) => ({
      name: check.name,
      ...(await within(clock, deadlineMs, run(check))),
    })),
  );
}

async function run(check: Check): Promise<Finding> {
  try {
    return await check.examine();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return skip('what it would look at is not there');
    const why = error instanceof Error ? error.message : String(error);
    return fail(`it cannot be looked at: ${why}`, 'read the log of hekafsd');
  }
}

function within(clock: Clock, ms: number, work: Promise<Finding>): Promise<Finding> {
  return new Promise((resolve) => {
    const late = fail(`no result within ${ms / 1000} s`, 'what it waits for hangs: see dmesg');
    const timer = clock.after(ms, () => resolve(late));
    void work.then((finding) => {
      timer.cancel();
      resolve(finding);
    });
  });
}
