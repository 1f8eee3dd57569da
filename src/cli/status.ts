import type { ServerStatus, Status } from '../daemon/verbs.js';
import { jsonOf } from './api-answer.js';
import type { Arguments, CliCommand } from './command.js';
import type { Context } from './context.js';
import { type Colour, coloured, type Output, table } from './output.js';

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

/** State, status, action, see; then what there is of cluster, servers and healing. */
export function statusLines(status: Status, output: Output): readonly string[] {
  const lines = [
    `  node: ${status.name} (${status.node})`,
    ` state: ${coloured(output, stateColour(status.state), status.state)}`,
    `status: ${status.summary}`,
    `action: ${status.action === '' ? 'none needed' : status.action}`,
  ];
  if (status.see !== null) lines.push(`   see: ${status.see} in the README`);
  for (const note of status.notes) lines.push(`  note: ${note}`);
  if (status.cluster !== null) lines.push(...clusterLines(status));
  if (status.servers.length > 0) lines.push('', ...serverTable(status.servers));
  return lines;
}

function clusterLines(status: Status): readonly string[] {
  const survives = `survives ${status.survives} failure${status.survives === 1 ? '' : 's'}`;
  return [
    '',
    `cluster: ${status.cluster}, revision ${status.revision}, epoch ${status.epoch}, ${survives}`,
    `  mount: ${status.mount.verified ? 'verified' : 'not verified'}: ${status.mount.why}`,
    `   heal: ${healText(status)}`,
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
  return state === 'read-only' || state === 'retired' ? 'red' : 'yellow';
}
