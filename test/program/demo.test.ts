import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { orphans } from '../../src/daemon/demo-orphan.js';
import { demoPlan } from '../../src/daemon/demo-plan.js';
import { demoSample } from '../../src/daemon/demo-sample.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import { holdPort } from './free-port.js';
import { ended, heard, run, start } from './run.js';

const PROGRAM = fileURLToPath(new URL('./fake-hekafsd.js', import.meta.url));

describe('hekafsd --demo', () => {
  let directory: string;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hekafs-demo-'));
  });

  afterEach(async () => {
    child?.kill('SIGTERM');
    if (child) await ended(child);
    rmSync(directory, { recursive: true });
  });

  const demo = () => {
    child = start(PROGRAM, ['--demo', '--nodes', '1', '--state-dir', directory]);
    return child;
  };

  it('makes a cluster, shows it, and stops everything', async () => {
    const child = demo();
    const said = await heard(child, /Ctrl-C stops|ended:|HFS-/);
    const count = `initialised: ${demoSample().size} keys`;
    for (const line of ['serve --bootstrap', 'init --from', count, 'get demo/starts\n1\n'])
      assert.ok(said.includes(line), `${line} is missing in ${said}`);
    const pid = Number(readFileSync(join(directory, 'node1/hekafsd.pid'), 'utf8'));
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
    assert.throws(() => process.kill(pid, 0), 'the daemon is gone with it');
    assert.ok(!existsSync(join(directory, 'node1/hekafsd.pid')));
  });

  it('says what ended, and how to have it back', async () => {
    const child = demo();
    await heard(child, /Ctrl-C stops/);
    const after = heard(child, /--log-file/);
    process.kill(Number(readFileSync(join(directory, 'node1/hekafsd.pid'), 'utf8')), 'SIGKILL');
    assert.match(await after, /node1 ended: SIGKILL.*\n.*bin\/hekafsd --state-dir/);
    child.kill('SIGTERM');
    assert.equal(await ended(child), 0);
  });

  it('says who has a port that a node needs, and does not go on without the node', async () => {
    const [node] = await demoPlan(nodeDisk(), directory, 1);
    const held = await holdPort(node?.mgmt ?? 0);
    try {
      const said = await run(PROGRAM, ['--demo', '--state-dir', directory]);
      assert.equal(said.code, 1);
      const why = `HFS-5001 node1 of the demo in .* cannot have its port ${node?.mgmt}: .*process ${process.pid}\\)`;
      assert.match(said.stderr, new RegExp(`^${why} listens there\nnext: .*--state-dir`));
    } finally {
      await new Promise((done) => held.close(done));
    }
  });

  it('a new one moves on to ports that are free', async () => {
    mkdirSync(join(directory, 'other'));
    const [first] = await demoPlan(nodeDisk(), directory, 1);
    const held = await holdPort(first?.http ?? 0);
    try {
      const [other] = await demoPlan(nodeDisk(), join(directory, 'other'), 1);
      assert.ok(other && first && other.http > first.http);
    } finally {
      await new Promise((done) => held.close(done));
    }
  });

  it('keeps its ports, and its number of nodes', async () => {
    const disk = nodeDisk();
    const first = await demoPlan(disk, directory, 2);
    assert.deepEqual(await demoPlan(disk, directory, undefined), first);
    const more = await demoPlan(disk, directory, 4);
    assert.deepEqual(more.slice(0, 2), first);
    const ports = more.flatMap(({ http, mgmt, bricks }) => [http, mgmt, bricks]);
    assert.equal(new Set(ports).size, 12);
    await assert.rejects(demoPlan(disk, directory, 3), { code: 'HFS-1001', message: /4 nodes/ });
    writeFileSync(join(directory, 'demo.json'), '[{"name":"../x","http":1,"mgmt":2,"bricks":3}]');
    await assert.rejects(demoPlan(disk, directory, 3), { code: 'HFS-5003' });
  });

  it('finds what a killed daemon left behind, and nothing else', async () => {
    const left = start(fileURLToPath(new URL('./sleep.js', import.meta.url)), [
      `${directory}/brick.vol`,
    ]);
    await heard(left, /awake/);
    mkdirSync(join(directory, 'run'));
    writeFileSync(join(directory, 'run/brick.pid'), `${left.pid}\n`);
    writeFileSync(join(directory, 'run/other.pid'), `${process.pid}\n`);
    writeFileSync(join(directory, 'run/torn.pid'), '');
    assert.deepEqual(orphans(nodeDisk(), directory), [left.pid]);
    left.kill('SIGKILL');
    await ended(left);
    assert.deepEqual(orphans(nodeDisk(), directory), []);
    assert.deepEqual(orphans(nodeDisk(), '/nowhere'), []);
  });
});
