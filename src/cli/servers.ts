import type { ServersReport, ServersRow } from '../daemon/servers-report.js';
import { jsonOf } from './api-answer.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import { coloured, type Output, table } from './output.js';

/** Exit code for what works, but not fully. */
const DEGRADED = 8;
/** Enough to tell nodes apart. */
const ID_LENGTH = 8;

export const serversCommand: CliCommand = {
  words: 'servers',
  group: 'servers',
  doc: 'who is known, who answered and who left a marker, side by side; exit code 8 if they differ',
  examples: ['servers', 'servers --json'],
  positionals: [],
  options: [],
  async run(_args: Arguments, context: Context): Promise<number> {
    const answer = await context.client.ask({ method: 'GET', path: '/v1/servers' });
    const report = jsonOf<ServersReport>(answer);
    const lines = context.isJson ? [JSON.stringify(report)] : serversLines(report, context.output);
    for (const line of lines) context.output.data(`${line}\n`);
    return report.agree ? 0 : DEGRADED;
  },
};

/** The lists as a table, then each difference on a line of its own. */
export function serversLines(report: ServersReport, output: Output): readonly string[] {
  const head = ['SERVER', 'ID', 'ROLE', 'KNOWN', 'ANSWERED', 'MARKER', 'ADDRESS'];
  const lines = [...table([head, ...report.rows.map(serversRow)])];
  for (const { name, differences } of report.rows)
    for (const { kind, text } of differences)
      lines.push(`${coloured(output, 'yellow', name)}: ${text} (${kind})`);
  lines.push(coloured(output, report.agree ? 'green' : 'yellow', verdictOf(report)));
  return lines;
}

function serversRow(row: ServersRow): readonly string[] {
  return [
    row.name,
    row.node.slice(0, ID_LENGTH),
    row.role ?? '-',
    row.known ? 'yes' : 'no',
    row.answered,
    markerText(row),
    row.address,
  ];
}

/** In how many copies, of those that could be read. */
function markerText({ markers }: ServersRow): string {
  const read = markers.filter(({ has }) => has !== null);
  if (read.length === 0) return '?';
  const having = read.filter(({ has }) => has === true).length;
  if (having === 0) return 'no';
  return having === read.length ? 'yes' : `${having} of ${read.length}`;
}

function verdictOf({ rows, agree }: ServersReport): string {
  if (agree) return 'the lists agree';
  const count = rows.reduce((sum, { differences }) => sum + differences.length, 0);
  return count === 1 ? 'the lists differ' : `the lists differ: ${count} differences`;
}
