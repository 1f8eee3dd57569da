import type { ServerStatus, Status } from '../daemon/verbs.js';
import { terminalWidth, wrapped } from '../terminal/prose.js';
import { jsonOf } from './api-answer.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import { type Colour, coloured, cutTo, type Output, table } from './output.js';

/** Exit code for what works, but not fully. */
const DEGRADED = 8;

export const statusCommand: CliCommand = {
  words: 'status',
  group: 'health',
  doc: 'how this node and its cluster are, and what to do about it; exit code 8 if not well',
  examples: ['status', 'status --json'],
  positionals: [],
  options: [],
  async run(_args: Arguments, context: Context): Promise<number> {
    const status = jsonOf<Status>(await context.client.ask({ method: 'GET', path: '/v1/status' }));
    if (context.isJson) context.output.data(`${JSON.stringify(status)}\n`);
    else for (const line of statusLines(status, context.output)) context.output.data(`${line}\n`);
    return status.state === 'ready' ? 0 : DEGRADED;
  },
};

/** State, status, action, see; then what there is of cluster, servers and healing. Broken for a terminal `width` wide. */
export function statusLines(
  status: Status,
  output: Output,
  width = terminalWidth(),
): readonly string[] {
  const [first = '', ...head] = headRows(status).flatMap(([name, text]) =>
    wrapped(text, width, `${name.padStart(6)}: `),
  );
  const state = ` state: ${coloured(output, stateColour(status.state), status.state)}`;
  const servers = serverTable(status.servers).map((line) => cutTo(line, width));
  const cluster = clusterRows(status).flatMap(([name, text]) =>
    wrapped(text, width, `${name.padStart(7)}: `),
  );
  return [
    ...[first, state, ...head],
    ...(status.cluster === null ? [] : ['', ...cluster]),
    ...(status.servers.length === 0 ? [] : ['', ...servers]),
  ];
}

type Row = readonly [string, string];

function headRows({ name, node, summary, action, see, notes }: Status): readonly Row[] {
  return [
    ['node', `${name} (${node})`],
    ['status', summary],
    ['action', action === '' ? 'none needed' : action],
    ...(see === null ? [] : [['see', `hfs_config explain ${see}`] as const]),
    ...notes.map((note) => ['note', note] as const),
  ];
}

function clusterRows(status: Status): readonly Row[] {
  const { cluster, revision, epoch, survives, mount } = status;
  const failures = `survives ${survives} failure${survives === 1 ? '' : 's'}`;
  return [
    ['cluster', `${cluster}, revision ${revision}, epoch ${epoch}, ${failures}`],
    ['mount', `${mount.verified ? 'verified' : 'not verified'}: ${mount.why}`],
    ['heal', healText(status)],
  ];
}

function healText({ heal }: Status): string {
  if (heal.caughtUp) return 'caught up';
  if (heal.behind > 0) return `${heal.behind} revisions behind`;
  return 'the values cannot be mounted: nobody confirms that they are the newest';
}

function serverTable(servers: readonly ServerStatus[]): readonly string[] {
  const head = ['', 'SERVER', 'ROLE', 'UP', 'REVISION', 'LAG', 'ADDRESS', 'BRICK'];
  return table([head, ...servers.map(serverRow)]);
}

function serverRow(server: ServerStatus): readonly string[] {
  return [
    server.isSelf ? '*' : '',
    server.name,
    server.isLeader ? 'leader' : server.role,
    server.up === null ? '?' : server.up ? 'yes' : 'no',
    String(server.revision ?? '?'),
    String(server.lagRevisions ?? '?'),
    server.address,
    server.brick,
  ];
}

function stateColour(state: Status['state']): Colour {
  if (state === 'ready') return 'green';
  return state === 'read-only' || state === 'retired' || state === 'fenced' ? 'red' : 'yellow';
}
