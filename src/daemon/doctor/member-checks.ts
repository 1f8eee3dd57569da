import { VERSION } from '../../version.js';
import { type Check, type Finding, fail, ok, skip, warn, worstOf } from './check.js';
import type { Examined } from './examination.js';

/** Nothing is decided by clocks; people compare logs by them, and certificates are judged by them. */
const CLOCK_MS = 1000;

/** What comes of examining the other members; all of them look at one examination. */
export function memberChecks(
  examine: () => Promise<readonly Examined[]>,
  isServer: boolean,
): readonly Check[] {
  const each =
    (judge: (one: Examined) => Finding, well: (all: readonly Examined[]) => string) => async () => {
      const all = await examine();
      if (all.length === 0) return skip('there is no other member');
      return worstOf(all.map(judge), ok(well(all)));
    };
  return [
    { name: 'members', examine: each(answers, (all) => `${names(all)} answer`) },
    {
      name: 'ports from here',
      examine: each(portsFromHere, (all) => `to ${names(all)}: HTTP and brick`),
    },
    {
      name: 'ports to here',
      examine: isServer
        ? each(portsToHere, (all) => `from ${names(all)}: HTTP and brick`)
        : () => skip('nobody needs to: this node does not serve'),
    },
    { name: 'clocks', examine: each(clock, clocksText) },
    { name: 'releases', examine: each(release, () => `all run ${VERSION}`) },
  ];
}

function answers({ server, http, answer }: Examined): Finding {
  if (answer !== null) return ok(server.name);
  if (http === '') return warn(`${server.name} answers and refuses to be asked`, SEE_STATUS);
  return fail(`${server.name} does not answer: ${http}`, `start hekafsd on ${server.name}`);
}

function portsFromHere({ server, http, brick }: Examined): Finding {
  const closed = [
    ...(http === '' ? [] : [`HTTP ${server.address}`]),
    ...(brick === '' ? [] : [`brick ${brick}`]),
  ];
  if (closed.length === 0) return ok(server.name);
  return fail(
    `${server.name} cannot be reached: ${closed.join(', ')}`,
    `open ${server.address} and port ${server.port} of ${server.host} for this machine, or start what listens there`,
  );
}

function portsToHere({ server, answer }: Examined): Finding {
  if (answer === null) return skip(`${server.name} cannot be asked`);
  if (answer.back === null)
    return warn(`${server.name} does not have this node on its list`, 'hfs_config servers');
  const closed = [answer.back.http, answer.back.brick].filter((why) => why !== '');
  if (closed.length === 0) return ok(server.name);
  const next = `let ${server.name} in: firewall of this machine, --http and --address of this hekafsd`;
  return fail(`${server.name} cannot reach this node: ${closed.join(', ')}`, next);
}

function clock({ server, aheadMs }: Examined): Finding {
  if (aheadMs === null) return skip(`${server.name} cannot be asked`);
  if (Math.abs(aheadMs) <= CLOCK_MS) return ok(server.name);
  const next = 'timedatectl on both: is the clock synchronised?';
  return warn(`the clock of ${server.name} is ${secondsText(aheadMs)}`, next);
}

function release({ server, answer }: Examined): Finding {
  if (answer === null) return skip(`${server.name} cannot be asked`);
  if (answer.version === VERSION) return ok(server.name);
  const found = `${server.name} runs ${answer.version}, this node ${VERSION}`;
  return warn(found, 'bring all nodes to one release, one after the other');
}

function clocksText(all: readonly Examined[]): string {
  const most = Math.max(...all.map(({ aheadMs }) => Math.abs(aheadMs ?? 0)));
  return `within ${most < 10 ? most.toFixed(1) : Math.round(most)} ms of this node's`;
}

function secondsText(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  const text = seconds < 10 ? seconds.toFixed(1) : String(Math.round(seconds));
  return `${text} s ${ms > 0 ? 'ahead' : 'behind'}`;
}

function names(all: readonly Examined[]): string {
  return all.map(({ server }) => server.name).join(', ');
}

const SEE_STATUS = 'hfs_config status there';
