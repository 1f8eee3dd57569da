import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { missingPrograms, skipWithout } from '../needs.js';
import { Cluster, useCluster } from './cluster.js';
import { bin } from './run.js';
import { until } from './until.js';

/** Enough for what a server needs for itself, and for a few clients. */
const LIMIT = 48;
const CLIENTS = 200;

function limit(pid: number, descriptors: number): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${descriptors}`]);
}

function isUsedUp(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fd`).length >= LIMIT - 2;
}

describe('a hekafsd and a brick that may open few files', function () {
  this.timeout(60_000);
  const cluster = useCluster(
    () => Cluster.ofServers(1),
    (context) => {
      skipWithout(context, missingPrograms('prlimit'));
    },
  );
  const held: Socket[] = [];
  after(() => {
    for (const socket of held) socket.destroy();
  });

  it('go on while clients take all of them, and are well when these leave', async () => {
    const node = cluster().node('n1');
    const brick = node.brickPid;
    assert.ok(brick);
    await node.put('kept', 'x');
    limit(node.daemonPid, LIMIT);
    limit(brick, LIMIT);
    for (let count = 0; count < CLIENTS; count++) {
      for (const port of [node.ports.http, node.ports.bricks[0]]) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        held.push(socket);
      }
    }
    for (const pid of [node.daemonPid, brick])
      await until(`${pid} has no descriptor left`, () => isUsedUp(pid));
    for (const socket of held.splice(0)) socket.destroy();
    await cluster().ready();
    assert.equal((await node.get('kept')).body.toString(), 'x');
    assert.equal((await node.put('kept', 'y')).status, 200);
    assert.equal(node.brickPid, brick, 'no process has ended');
    assert.doesNotMatch(node.log(), /HFS-9001/);
  });

  for (const program of ['hekafsd', 'hfs_brickd'])
    it(`${program} that cannot even open its own files says so`, () => {
      const script = `ulimit -n 40; exec "${process.execPath}" "${bin(program)}" --version`;
      const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`^HFS-5013 ${program} does not start: .*\nnext: .*ulimit -n.*\n$`),
      );
    });
});

describe('a program started in a directory that has been removed', () => {
  for (const program of ['hekafsd', 'hfs_brickd'])
    it(`${program} says so`, () => {
      const script = `cd "$(mktemp -d)" && rmdir "$PWD" && exec "${process.execPath}" "${bin(program)}" --version`;
      const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`^HFS-5014 ${program} does not start: .*\nnext: .*cd /\n$`));
    });
});
