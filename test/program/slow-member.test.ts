import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { Namespaces, needNamespaces } from './namespaces.js';
import { ended, heard } from './run.js';
import { pause, until } from './until.js';

const DELAY_MS = 10_000;
const WRITES = 30;
const CONVERGED_MS = 15_000;
const PROXY = fileURLToPath(new URL('slow-proxy.js', import.meta.url));
const HTTP = 24006;
const BRICK = 49152;
const SHIFT = 1000;
/** Far below the ten seconds of the slow one, and far above what a busy machine takes. */
const UNDELAYED_MS = 2000;

/** The median of what writes take at a node, milliseconds. */
async function medianWrite(node: ClusterNode, name: string): Promise<number> {
  const took: number[] = [];
  for (let index = 0; index < WRITES; index++) {
    const startMs = performance.now();
    assert.equal((await node.put(`slow/${name}`, String(index), 5000)).status, 200);
    took.push(performance.now() - startMs);
  }
  return took.sort((one, other) => one - other)[WRITES / 2] ?? Number.NaN;
}

describe('one member is slow', function () {
  this.timeout(90_000);
  let network: Namespaces;
  before(function () {
    needNamespaces(this);
    network = new Namespaces();
  });
  const cluster = useCluster(() => Cluster.ofServers(3, network));

  /** Has all that others ask of a machine pass through a proxy; what was connected is cut off. */
  async function slowDown(node: ClusterNode): Promise<ChildProcess> {
    const [http, brick] = [HTTP, BRICK].map((port) => port - SHIFT);
    network.nft(
      node.name,
      `table inet slow {
        chain before {
          type nat hook prerouting priority -100;
          iifname eth0 tcp dport ${HTTP} redirect to :${http}
          iifname eth0 tcp dport ${BRICK} redirect to :${brick}
        }
        chain input {
          type filter hook input priority 0;
          iifname eth0 tcp dport { ${HTTP}, ${BRICK} } reject with tcp reset
        }
      }`,
    );
    const pairs = [`${http}=${HTTP}`, `${brick}=${BRICK}`];
    const words = [process.execPath, PROXY, network.host(node.name), String(DELAY_MS), ...pairs];
    const [program = '', ...rest] = [...network.command(node.name), ...words];
    const proxy = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    await heard(proxy, /ready\nready/);
    return proxy;
  }

  const statusesAreQuick = async (): Promise<void> => {
    for (const node of cluster().nodes) {
      const startMs = performance.now();
      await node.status();
      assert.ok(performance.now() - startMs < UNDELAYED_MS, `the status of ${node.name}`);
    }
  };

  it('by ten seconds: the others are not, status says who is, and it comes back', async () => {
    const leader = await cluster().leader();
    const slow = await cluster().follower();
    const before = await medianWrite(leader, 'before');
    const proxy = await slowDown(slow);
    try {
      const row = () =>
        leader.status().then(({ servers }) => servers.find(({ name }) => name === slow.name));
      const seen = async () => (await row())?.up === false;
      await until('its leader has seen it', seen);
      const during = await medianWrite(leader, 'during');
      assert.ok(during < UNDELAYED_MS, `${during} ms, ${before} ms before`);
      process.stderr.write(`      median write ${before.toFixed(1)} ms, ${during.toFixed(1)} ms\n`);
      assert.match((await row())?.why ?? '', /no answer|not connected|ENOTCONN|ECONNRESET/);
      await statusesAreQuick();
      const status = await leader.status();
      assert.match(status.summary, new RegExp(`${slow.name} .*is down`));
      assert.equal(status.leader, status.node, 'it leads still');
    } finally {
      proxy.kill('SIGKILL');
      await ended(proxy);
      network.heal();
    }
    const healedMs = performance.now();
    await cluster().ready(CONVERGED_MS);
    const tookMs = Math.round(performance.now() - healedMs);
    process.stderr.write(`      slow: whole again after ${tookMs} ms\n`);
    await cluster().sameValues();
  });

  it('in fits and starts: the others are not', async () => {
    const leader = await cluster().leader();
    const slow = await cluster().follower();
    const pids = [slow.daemonPid, slow.brickPid ?? 0];
    const before = await medianWrite(leader, 'rhythm-before');
    let isOver = false;
    const rhythm = (async () => {
      while (!isOver)
        for (const signal of ['SIGSTOP', 'SIGCONT'] as const) {
          for (const pid of pids) process.kill(pid, signal);
          await pause(300);
        }
    })();
    try {
      const during = await medianWrite(leader, 'rhythm');
      assert.ok(during < UNDELAYED_MS, `${during} ms, ${before} ms before`);
    } finally {
      isOver = true;
      await rhythm;
    }
    await cluster().ready(CONVERGED_MS);
    await cluster().sameValues();
  });
});
