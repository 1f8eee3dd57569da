import type { Problem } from '../config/error.js';
import type { CopyReport, VerifyProgress, VerifyReport } from '../daemon/verify-report.js';
import { jsonOf } from './api-answer.js';
import { type Arguments, type CliCommand, DRY_RUN, usage } from './command.js';
import type { Context } from './context.js';
import { coloured, type Output, table } from './output.js';
import { serversLines } from './servers.js';

const DEGRADED = 8;
/** Every value of every copy is read. */
const VERIFY_SECONDS = 600;
const PROGRESS_MS = 500;
/** Paths that are shown of each copy on a terminal; `--json` has more. */
const MAX_SHOWN = 20;

export const verifyCommand: CliCommand = {
  words: 'verify',
  group: 'servers',
  doc: 'compare the lists of servers, and every copy with what was committed; exit code 8 if they differ',
  examples: ['verify', 'verify --repair', 'verify --adopt --dry-run'],
  positionals: [],
  options: [
    {
      name: 'repair',
      kind: 'flag',
      doc: 'make the copies what was committed; what a hand has changed is kept in conflicts/',
    },
    { name: 'adopt', kind: 'flag', doc: 'commit what hands have changed in the copies' },
    DRY_RUN,
  ],
  timeoutSeconds: VERIFY_SECONDS,
  async run(args: Arguments, context: Context): Promise<number> {
    const wanted = { repair: args.flag('repair'), adopt: args.flag('adopt') };
    if (wanted.repair && wanted.adopt)
      throw usage('verify', 'it takes one of --repair and --adopt');
    const isChange = (wanted.repair || wanted.adopt) && !args.flag('dry-run');
    if (!isChange) return print(context, await ask(context, NOTHING));
    if (!(await isConfirmed(context, wanted.adopt))) return 1;
    return print(context, await ask(context, wanted));
  },
};

const NOTHING = { repair: false, adopt: false };

/** On a terminal the differences are shown first. */
async function isConfirmed(context: Context, isAdoption: boolean): Promise<boolean> {
  if (!context.asks) return true;
  const report = await ask(context, NOTHING);
  for (const line of verifyLines(report, context.output)) context.output.note(line);
  return context.confirm(
    isAdoption
      ? 'commit what hands have changed?'
      : "make them what was committed? A hand's changes are kept in conflicts/",
  );
}

async function ask(context: Context, request: object): Promise<VerifyReport> {
  const body = Buffer.from(JSON.stringify(request));
  const stop = showProgress(context);
  try {
    const answer = await context.client.ask({ method: 'POST', path: '/v1/verify', body });
    return jsonOf<VerifyReport>(answer);
  } finally {
    stop();
  }
}

/** How far it is, on one line of a terminal that is rewritten. */
function showProgress({ client, output }: Context): () => void {
  if (!output.isTerminal) return () => undefined;
  let isAsking = false;
  const timer = setInterval(async () => {
    if (isAsking) return;
    isAsking = true;
    try {
      const answer = await client.ask({ method: 'GET', path: '/v1/verify' });
      const { running, checked, total } = jsonOf<VerifyProgress>(answer);
      if (running && total > 0) output.progress(`${checked} of ${total} paths compared`);
    } catch {
      // The answer to the request itself says what is wrong.
    } finally {
      isAsking = false;
    }
  }, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    output.progress('');
  };
}

function print(context: Context, report: VerifyReport): number {
  const lines = context.isJson ? [JSON.stringify(report)] : verifyLines(report, context.output);
  for (const line of lines) context.output.data(`${line}\n`);
  return report.agree ? 0 : DEGRADED;
}

/** The lists, then the copies, then what was done. */
export function verifyLines(report: VerifyReport, output: Output): readonly string[] {
  const lines = [...serversLines(report.servers, output), ''];
  const head = ['COPY', 'STATE', 'SAME', 'DIFFERS', 'MISSING', 'EXTRA'];
  lines.push(...table([head, ...report.copies.map(copyRow)]));
  for (const copy of report.copies) lines.push(...pathLines(copy, output));
  for (const { name, corrected, problem } of report.repaired)
    lines.push(
      problem
        ? `${name}: ${said(problem)}`
        : `${name}: ${corrected} ${corrected === 1 ? 'path' : 'paths'} corrected`,
    );
  for (const { path, change, from, revision, problem } of report.adopted)
    lines.push(
      problem
        ? `${path}: ${said(problem)}`
        : `${path}: ${change === 'put' ? 'change' : 'removal'} on ${from.join(', ')} is revision ${revision}`,
    );
  if (report.own !== '') lines.push(report.own);
  lines.push(verdictOf(report, output));
  return lines;
}

function copyRow({ name, state, same, differs, missing, extra }: CopyReport): readonly string[] {
  const counts = state === 'unreadable' ? ['?', '?', '?', '?'] : [same, differs, missing, extra];
  return [name, state, ...counts.map(String)];
}

function pathLines(copy: CopyReport, output: Output): readonly string[] {
  const name = coloured(output, 'yellow', copy.name);
  if (copy.state === 'unreadable') return [`${name}: its copy cannot be read: ${copy.why}`];
  const shown = copy.paths
    .slice(0, MAX_SHOWN)
    .map(({ path, kind, text }) => `${name}: ${path}: ${text} (${kind})`);
  const more = copy.differs + copy.missing + copy.extra - shown.length;
  return more > 0 ? [...shown, `${name}: and ${more} more paths; --json shows them`] : shown;
}

function said({ code, what, why, next }: Problem): string {
  return `${code} ${what}: ${why}; next: ${next}`;
}

function verdictOf({ copies, agree, revision }: VerifyReport, output: Output): string {
  const isSame = copies.every(({ state }) => state === 'same');
  const text = isSame
    ? `the copies hold revision ${revision}`
    : 'the copies differ; next: hfs_config verify --repair, or --adopt';
  return coloured(output, agree ? 'green' : 'yellow', text);
}
