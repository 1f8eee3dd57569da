import type { ServersReport } from '../servers-report.js';
import type { Status } from '../verbs.js';
import { type Check, type Finding, fail, ok, skip, warn } from './check.js';

const NOT_SERVING = 'this node does not serve';

/** What the node knows of its cluster and of its own part in it. */
export function clusterChecks(
  status: () => Status,
  servers: () => Promise<ServersReport>,
): readonly Check[] {
  return [
    { name: 'majority', examine: () => majority(status()) },
    { name: 'brick', examine: () => brick(status()) },
    { name: 'values', examine: () => values(status()) },
    {
      name: 'lists',
      examine: async () => (status().server ? lists(await servers()) : skip(NOT_SERVING)),
    },
  ];
}

function majority(status: Status): Finding {
  const voters = status.servers.filter(({ role }) => role === 'voter').length;
  if (status.state === 'read-only') return fail(status.summary, status.action);
  if (status.survives > 0) return ok(`${voters} servers vote, ${failures(status.survives)}`);
  const down = status.servers.filter(({ up }) => up === false).map(({ name }) => name);
  const next =
    down.length > 0
      ? `bring ${down.join(', ')} back`
      : 'let more nodes serve, three survive one failure: hfs_config token create';
  return warn(`${voters} vote and no further failure is survived`, next);
}

function brick({ brick, server }: Status): Finding {
  if (!server) return skip(NOT_SERVING);
  if (brick.pid === null) return fail('it does not run', 'hfs_config explain HFS-5004');
  return ok(`process ${brick.pid} at port ${brick.port}, ${brick.path}`);
}

function values({ heal, server, revision }: Status): Finding {
  if (!server) return skip(NOT_SERVING);
  if (heal.caughtUp) return ok(`revision ${revision}, as committed`);
  const found = `${heal.behind} revisions behind, or nobody confirms that they are the newest`;
  return warn(found, 'hfs_config status');
}

function lists({ rows, agree }: ServersReport): Finding {
  if (agree) return ok(`${rows.length} known, all answered and marked`);
  const differences = rows.filter(({ difference }) => difference !== '');
  const found = differences.map(({ name, difference }) => `${name}: ${difference}`).join('; ');
  return warn(found === '' ? 'they cannot be compared' : found, 'hfs_config servers');
}

function failures(count: number): string {
  return `${count} further failure${count === 1 ? ' is' : 's are'} survived`;
}
