import { type ConfigError, isCode } from '../config/error.js';
import type { CheckResult, DoctorReport, Verdict } from '../daemon/doctor/check.js';
import { proseWidth, wrapped } from '../terminal/prose.js';
import { VERSION } from '../version.js';
import { jsonOf } from './api-answer.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import { type Colour, coloured, type Output } from './output.js';

const FAILED = 1;
const DEGRADED = 8;

const COLOURS: Readonly<Record<Verdict, Colour>> = {
  OK: 'green',
  WARN: 'yellow',
  FAIL: 'red',
  SKIP: 'bold',
};

export const doctorCommand: CliCommand = {
  words: 'doctor',
  group: 'health',
  doc: 'look at everything that may be wrong; exit code 1 after a FAIL, 8 after a WARN',
  examples: ['doctor', 'doctor --json', 'doctor --server 10.0.0.2:24006 --state-dir DIR'],
  positionals: [],
  options: [],
  async run(_args: Arguments, context: Context): Promise<number> {
    const report = await examination(context);
    const verdict = worst(report.checks);
    if (context.isJson) context.output.data(`${JSON.stringify({ ...report, verdict })}\n`);
    else for (const line of lines(report, context.output)) context.output.data(`${line}\n`);
    return verdict === 'FAIL' ? FAILED : verdict === 'WARN' ? DEGRADED : 0;
  },
};

/** As the daemon sees it; where none answers on this node, as far as this process can see. */
async function examination(context: Context): Promise<DoctorReport> {
  try {
    const answer = await context.client.ask({ method: 'GET', path: '/v1/doctor' });
    const report = jsonOf<DoctorReport>(answer);
    return { ...report, checks: [sameRelease(report), ...report.checks] };
  } catch (error) {
    if (!context.isLocal || !isCode(error, 'HFS-2003', 'HFS-4001')) throw error;
    const { doctorWithoutDaemon } = await import('../daemon/doctor/without-daemon.js');
    const report = await doctorWithoutDaemon(context.stateDir);
    return { ...report, checks: [noDaemon(error), ...report.checks, unseen()] };
  }
}

function sameRelease({ version }: DoctorReport): CheckResult {
  const name = 'hekafsd';
  if (version === VERSION)
    return { name, verdict: 'OK', found: `it answers, version ${version}`, next: '' };
  const found = `it is version ${version}, this hfs_config ${VERSION}`;
  return { name, verdict: 'WARN', found, next: 'restart hekafsd after an upgrade' };
}

function noDaemon({ what, why, next }: ConfigError): CheckResult {
  return { name: 'hekafsd', verdict: 'FAIL', found: `${what}: ${why}`, next };
}

function unseen(): CheckResult {
  const found = 'majority, lists, clocks and releases are known to a running hekafsd only';
  return { name: 'cluster', verdict: 'SKIP', found, next: '' };
}

function worst(checks: readonly CheckResult[]): Verdict {
  const order: readonly Verdict[] = ['FAIL', 'WARN'];
  return order.find((verdict) => checks.some((check) => check.verdict === verdict)) ?? 'OK';
}

/** Verdict, name, what was found; below it, what to do. */
function lines({ name, checks }: DoctorReport, output: Output): readonly string[] {
  const column = Math.max(...checks.map((check) => check.name.length));
  const shown = checks.flatMap((check) => checkLines(check, column, output));
  return [...shown, '', summary(name, checks)];
}

function checkLines(check: CheckResult, column: number, output: Output): readonly string[] {
  const { verdict, name, found, next } = check;
  const indent = ' '.repeat(4 + 2 + column + 2);
  const head = `${verdict.padEnd(4)}  ${name.padEnd(column)}  `;
  const [first = '', ...more] = wrapped(found, proseWidth(), head, indent);
  const advice = next === '' ? [] : wrapped(next, proseWidth(), `${indent}next: `);
  return [
    coloured(output, COLOURS[verdict], first.slice(0, 4)) + first.slice(4),
    ...more,
    ...advice,
  ];
}

function summary(name: string, checks: readonly CheckResult[]): string {
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length;
  const parts = (['OK', 'WARN', 'FAIL', 'SKIP'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`);
  return `${name === '' ? 'this node' : name}: ${parts.join(', ')}`;
}
