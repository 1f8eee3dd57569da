import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { Registers } from './registers.js';
import { residentBytes } from './resident.js';
import { pause, until } from './until.js';

const isSoak = process.env['HEKAFS_SOAK'] === '1';
/** Longer than a leader is missed, and than its followers believe what they know; a minute in the soak. */
const STOPPED_MS = isSoak ? 60_000 : 4000;
/** A brick is missed when it has been silent for the ping timeout of its connections. */
const BRICK_STOPPED_MS = isSoak ? 60_000 : 8000;
const CONVERGED_MS = 10_000;
/** What was written in a minute is read, sent and written again for one server. */
const CAUGHT_UP_MS = 180_000;

/** Processes that stand still, as under a debugger or on a machine that swaps: their connections stay. */
class Stopped {
  private readonly pids: readonly number[];

  constructor(...pids: readonly (number | undefined)[]) {
    this.pids = pids.filter((pid) => pid !== undefined);
    assert.equal(this.pids.length, pids.length);
    for (const pid of this.pids) process.kill(pid, 'SIGSTOP');
  }

  goOn(): void {
    for (const pid of this.pids) process.kill(pid, 'SIGCONT');
  }
}

describe('a process stands still', function () {
  this.timeout(STOPPED_MS + CAUGHT_UP_MS + 60_000);
  const cluster = useCluster(() => Cluster.ofServers(3));
  let registers: Registers;

  function others(node: ClusterNode): readonly ClusterNode[] {
    return cluster().nodes.filter((each) => each !== node);
  }

  beforeEach(function () {
    const name = (this.currentTest?.title ?? '').replace(/\W+/g, '-').slice(0, 30);
    registers = new Registers(cluster().nodes, `still/${name}`);
  });
  afterEach(() => registers.stop());

  const write = (nodes: readonly ClusterNode[], sinceMs: number) =>
    until(
      `${nodes.map(({ name }) => name)} write`,
      () => {
        const writable = registers.writable(sinceMs);
        if (nodes.every(({ name }) => writable.includes(name))) return true;
        throw new Error(`only ${writable}; ${registers.refusals()}`);
      },
      CONVERGED_MS,
    );

  /** All is as if nothing had been, and nothing was read that was stale. */
  async function converged(what: string): Promise<void> {
    const sinceMs = performance.now();
    await write(cluster().nodes, sinceMs);
    await cluster().ready(CONVERGED_MS);
    process.stderr.write(
      `      ${what}: whole again after ${Math.round(performance.now() - sinceMs)} ms\n`,
    );
    await registers.check(await cluster().follower());
    await cluster().sameValues();
  }

  /** The first thing that a node says, of a value that was changed while it stood still. */
  async function firstWord(node: ClusterNode, stopped: Stopped): Promise<void> {
    const path = '/v1/config/still/value';
    // Asked before it goes on, so that it meets the question first.
    const asked = [
      node.http({ path: `${path}?stale=1`, timeoutMs: 5000 }),
      node.http({ path, timeoutMs: 5000 }),
    ];
    await pause(200);
    stopped.goOn();
    const [stale, strict] = await Promise.all(asked);
    assert.ok(stale && strict);
    const isOld = stale.body.toString() === 'old';
    const age = Number(stale.headers['hfs-age']);
    assert.ok(!isOld || age >= STOPPED_MS / 1000, `${stale.body} of ${age} seconds ago`);
    if (strict.status === 200) assert.equal(strict.body.toString(), 'new');
    else assert.equal(strict.status, 503);
  }

  for (const who of isSoak ? (['leader', 'follower'] as const) : (['leader'] as const))
    it(`the hekafsd of the ${who}: the others go on, and what it says afterwards is not stale`, async () => {
      const node = await cluster()[who]();
      const [one, other] = others(node);
      assert.ok(one && other);
      await write(cluster().nodes, 0);
      assert.equal((await one.put('still/value', 'old')).status, 200);
      assert.equal((await node.get('still/value')).body.toString(), 'old');
      const stopped = new Stopped(node.daemonPid);
      try {
        const sinceMs = performance.now();
        await write([one, other], sinceMs);
        assert.equal((await one.put('still/value', 'new')).status, 200);
        await pause(Math.max(0, sinceMs + STOPPED_MS - performance.now()));
        const { servers } = await one.status();
        const row = servers.find(({ name }) => name === node.name);
        assert.equal(row?.up, false);
        assert.match(row?.why ?? '', /no answer within \d+ ms/);
        await firstWord(node, stopped);
      } finally {
        stopped.goOn();
      }
      await converged(who);
    });

  if (isSoak)
    it('a follower, while much is written: what is kept for it is bounded', async () => {
      const node = await cluster().follower();
      const leader = await cluster().leader();
      const before = residentBytes(leader.daemonPid);
      const stopped = new Stopped(node.daemonPid, node.brickPid);
      let written = 0;
      try {
        const endMs = performance.now() + STOPPED_MS;
        while (performance.now() < endMs) {
          const puts = Array.from({ length: 8 }, (_, index) =>
            leader.put(`still/much/${index}`, Buffer.alloc(256 * 1024, index)),
          );
          written += (await Promise.all(puts)).length * 256 * 1024;
        }
      } finally {
        stopped.goOn();
      }
      const grown = residentBytes(leader.daemonPid) - before;
      const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
      process.stderr.write(
        `      ${mebibytes(written)} written, ${mebibytes(grown)} more in use\n`,
      );
      assert.ok(grown < 256 * 1024 * 1024);
      const sinceMs = performance.now();
      await cluster().ready(CAUGHT_UP_MS);
      const tookMs = Math.round(performance.now() - sinceMs);
      process.stderr.write(`      it has caught up after ${tookMs} ms\n`);
      await converged('silent follower');
    });

  it('the brick of the leader: others have the majority, and its node says that it hangs', async () => {
    const node = await cluster().leader();
    await write(cluster().nodes, 0);
    const stopped = new Stopped(node.brickPid);
    try {
      const sinceMs = performance.now();
      await write(cluster().nodes, sinceMs + 1000);
      await pause(Math.max(0, sinceMs + BRICK_STOPPED_MS - performance.now()));
      const said = () => node.log().includes('"code":"HFS-2007"');
      await until('its log says so', said, CONVERGED_MS);
      const status = await node.status();
      assert.equal(status.state, 'degraded');
      assert.match(
        status.summary,
        /the brick of this server does not answer \(.+\), and its process \d+ is there/,
      );
    } finally {
      stopped.goOn();
    }
    await converged('brick');
  });
});
