import { BenchCluster } from './bench-cluster.js';
import { HttpClient, measure, type Rate } from './load.js';

/*
 * npm run bench -- config [SECONDS]: three servers on this machine through HTTP, values of 256 bytes. Prints a table; nothing is
 * asserted, because machines differ.
 */

const VALUE = Buffer.alloc(256, 'v');
const KEYS = 500;

type Line = readonly [what: string, figure: string, detail: string];

function rateLine(what: string, rate: Rate): Line {
  const detail = `p50 ${rate.p50Ms.toFixed(2)} ms, p99 ${rate.p99Ms.toFixed(2)} ms${rate.failed ? `, ${rate.failed} failed` : ''}`;
  return [what, `${rate.perSecond.toFixed(0)}/s`, detail];
}

async function rates(cluster: BenchCluster, seconds: number): Promise<Line[]> {
  const lines: Line[] = [];
  const ms = seconds * 1000;
  for (const [where, index] of [
    ['leader', 0],
    ['follower', 1],
  ] as const) {
    const node = cluster.nodes[index];
    if (node === undefined) continue;
    for (const clients of [1, 16, 64]) {
      const users = Array.from(
        { length: clients },
        () => new HttpClient(node.address, cluster.token(node)),
      );
      const path = (client: number, count: number): string =>
        `/v1/config/bench/k${(client * 7919 + count) % KEYS}`;
      const expect = async (
        user: HttpClient | undefined,
        method: string,
        at: string,
        body?: Buffer,
      ) => {
        const answer = await user?.send(method, at, body);
        if (answer?.status !== 200) throw new Error(`${answer?.status}`);
      };
      const set = await measure(clients, ms, (client, count) =>
        expect(users[client], 'PUT', path(client, count), VALUE),
      );
      lines.push(rateLine(`set, ${clients} clients, at the ${where}`, set));
      const get = await measure(clients, ms, (client) =>
        expect(users[client], 'GET', '/v1/config/bench/k0'),
      );
      lines.push(rateLine(`get linearizable, ${clients} clients, at the ${where}`, get));
      for (const user of users) user.close();
    }
  }
  return lines;
}

function commandTime(cluster: BenchCluster): Line {
  const [node] = cluster.nodes;
  const times: number[] = [];
  for (let count = 0; node && count < 15; count++) {
    const start = performance.now();
    cluster.config(node, 'get', 'bench/k0');
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  return [
    'hfs_config get KEY, wall',
    `${median.toFixed(0)} ms`,
    `best ${times[0]?.toFixed(0)} ms of ${times.length}`,
  ];
}

async function startTime(cluster: BenchCluster, when: string): Promise<Line> {
  const node = cluster.nodes.at(-1);
  const ms = node ? await cluster.restart(node) : Number.NaN;
  return [`hekafsd, start to mounted, ${when}`, `${ms.toFixed(0)} ms`, 'brick started with it'];
}

function memoryLines(cluster: BenchCluster, when: string): Line[] {
  return cluster.memory().map(({ what, mb }) => [`memory, ${what}`, `${mb.toFixed(0)} MB`, when]);
}

function print(lines: readonly Line[]): void {
  const widths = [0, 1].map((column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  for (const [what, figure, detail] of lines)
    process.stdout.write(
      `${what.padEnd(widths[0] ?? 0)}  ${figure.padStart(widths[1] ?? 0)}  ${detail}\n`,
    );
}

export async function benchConfig(seconds: number): Promise<void> {
  const cluster = new BenchCluster();
  try {
    await cluster.start(3);
    const [first] = cluster.nodes;
    if (first === undefined) return;
    const lines = [await startTime(cluster, 'before the load'), ...memoryLines(cluster, 'before')];
    lines.push(...(await rates(cluster, seconds)), commandTime(cluster));
    lines.push(...memoryLines(cluster, 'after the load'));
    const status = JSON.parse(cluster.config(first, 'status', '--json')) as { revision: number };
    lines.push(await startTime(cluster, `after ${status.revision} commits`));
    print(lines);
  } finally {
    await cluster.stop();
  }
}
