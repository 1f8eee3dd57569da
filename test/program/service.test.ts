import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterNode, nodePorts } from './cluster-node.js';
import { holdPort } from './free-port.js';
import { NotifyReceiver } from './notify-receiver.js';
import { until } from './until.js';

const WATCHDOG_MS = 1000;

/** A server alone, under a service manager that is this test. */
class Managed {
  readonly node: ClusterNode;
  readonly manager: NotifyReceiver;

  private constructor(
    readonly directory: string,
    name: string,
    ports: Awaited<ReturnType<typeof nodePorts>>,
  ) {
    this.manager = new NotifyReceiver(name);
    this.node = new ClusterNode('n1', join(directory, 'n1'), ports, {
      NOTIFY_SOCKET: name,
      WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
    });
  }

  static async make(nameOf: (directory: string) => string): Promise<Managed> {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-service-'));
    return new Managed(directory, nameOf(directory), await nodePorts());
  }

  async end(): Promise<void> {
    await this.node.endAll();
    this.manager.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

describe('hekafsd as a service', function () {
  this.timeout(60_000);
  let managed: Managed;
  before(async () => {
    managed = await Managed.make((directory) => join(directory, 'notify'));
  });
  after(() => managed.end());

  it('is ready as soon as it answers, also before it belongs to a cluster', async () => {
    await managed.node.start();
    const ready = await managed.manager.until(/^READY=1$/m);
    assert.match(ready, /^STATUS=new: this node belongs to no cluster yet$/m);
    assert.equal((await managed.node.status()).state, 'new');
  });

  it('tells its status whenever it changes, and nothing while it does not', async () => {
    managed.manager.forget();
    assert.equal((await managed.node.cli(['serve', '--bootstrap'])).code, 0);
    await managed.manager.until(/^STATUS=ready: 1 server votes, all are up$/);
    const told = managed.manager.take().filter((text) => text.startsWith('STATUS=ready'));
    await managed.manager.until(/^WATCHDOG=1$/);
    assert.equal(told.length, 1);
  });

  it('gives signs of life, and none while it is stopped', async () => {
    const { node, manager } = managed;
    for (let sign = 0; sign < 3; sign++) {
      manager.forget();
      await manager.until(/^WATCHDOG=1$/);
    }
    process.kill(node.daemonPid, 'SIGSTOP');
    await until('it is stopped', () => /\) T /.test(statOf(node.daemonPid)));
    manager.forget();
    await new Promise((resolve) => setTimeout(resolve, WATCHDOG_MS));
    assert.deepEqual(manager.take(), []);
    process.kill(node.daemonPid, 'SIGCONT');
    await manager.until(/^WATCHDOG=1$/);
  });

  it('SIGHUP: is reloading, and ready again', async () => {
    const { node, manager, directory } = managed;
    writeFileSync(join(directory, 'n1/hekafsd.json'), '{"log-level":"error"}');
    const before = process.hrtime.bigint() / 1000n;
    manager.forget();
    process.kill(node.daemonPid, 'SIGHUP');
    const reloading = await manager.until(/^RELOADING=1$/m);
    const usec = BigInt(/^MONOTONIC_USEC=(\d+)$/m.exec(reloading)?.[1] ?? 0);
    assert.ok(usec >= before && usec <= process.hrtime.bigint() / 1000n, 'on the same clock');
    await manager.until(/^READY=1$/m);
    const order = manager.take().filter((text) => /^(READY|RELOADING)=1/.test(text));
    assert.equal(order.length, 2);
    assert.match(order[0] ?? '', /^RELOADING/);
  });

  it('is ready after a kill -9 too, with the brick of before', async () => {
    const { node, manager } = managed;
    const { brickPid } = node;
    await node.killDaemon();
    manager.forget();
    await node.start();
    await manager.until(/^READY=1$/m);
    assert.equal(node.brickPid, brickPid);
  });

  it('says that it stops, and the last word is that', async () => {
    managed.manager.forget();
    assert.equal(await managed.node.stop(), 0);
    await managed.manager.until(/^STOPPING=1$/m);
    const said = managed.manager.take().filter((text) => text.includes('STATUS='));
    assert.match(said.at(-1) ?? '', /^STOPPING=1\nSTATUS=stopping$/);
  });
});

describe('hekafsd as a service with an abstract socket', function () {
  this.timeout(30_000);
  let managed: Managed;
  before(async () => {
    managed = await Managed.make((directory) => `@${directory}`);
  });
  after(() => managed.end());

  it('reaches it; a server without its majority is ready all the same', async () => {
    const { node, manager } = managed;
    await node.start();
    await manager.until(/^READY=1$/m);
    assert.equal((await node.cli(['serve', '--bootstrap'])).code, 0);
    await node.killDaemon();
    const [held] = node.ports.bricks;
    node.killBrick();
    const holder = await until('the port of the brick is free', () => holdPort(held));
    try {
      manager.forget();
      await node.start();
      const ready = await manager.until(/^READY=1$/m);
      assert.match(ready, /^STATUS=(read-only|starting): /m);
    } finally {
      await new Promise((done) => holder.close(done));
    }
    await manager.until(/^STATUS=ready: /);
  });
});

function statOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8');
}
