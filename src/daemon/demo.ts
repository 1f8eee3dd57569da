import { join, resolve } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { Platform } from '../platform/platform.js';
import type { DaemonCommandLine } from './command-line.js';
import { orphans } from './demo-orphan.js';
import { checkDemoPorts, demoPlan } from './demo-plan.js';
import { DemoProcess, shown } from './demo-process.js';
import { closing, Tour } from './demo-tour.js';
import { makeStateDir } from './prepare.js';

/**
 * A cluster on this machine, to try: starts hekafsd processes on loopback, makes a cluster of them with the commands that a
 * user would type, shows what to try next, and stops everything when asked. The next start continues.
 */
export async function runDemo(line: DaemonCommandLine, platform: Platform): Promise<number> {
  const directory = resolve(line.flags['state-dir'] ?? process.env['HEKAFS_STATE_DIR'] ?? 'var');
  makeStateDir(platform.disk, directory);
  const plan = await demoPlan(platform.disk, directory, line.nodes);
  await checkDemoPorts(directory, plan);
  const nodes = plan.map((node) => new DemoProcess(node, join(directory, node.name)));
  const demo = new Demo(platform, nodes);
  demo.start(directory);
  try {
    const outcome = await Promise.race([demo.tour(directory), demo.stopAsked]);
    if (outcome === 'toured') await demo.stopAsked;
    return 0;
  } finally {
    await demo.stop();
  }
}

class Demo {
  readonly stopAsked = asked();
  private isStopping = false;

  constructor(
    private readonly platform: Platform,
    private readonly nodes: readonly DemoProcess[],
  ) {}

  start(directory: string): void {
    say(`${this.nodes.length} hekafsd on this machine, below ${directory}`);
    for (const node of this.nodes) {
      const { name, mgmt } = node.node;
      say(`  ${name}  http ${node.address}  mgmt port ${mgmt}  ${shown(node.directory)}`);
      node.start((how) => this.ended(node, how));
    }
  }

  async tour(directory: string): Promise<'toured'> {
    const tour = new Tour(this.platform, this.nodes, say);
    await tour.run(directory);
    for (const text of closing(this.nodes)) say(text);
    return 'toured';
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    say('stopping …');
    await Promise.all(this.nodes.map((node) => this.stopNode(node)));
    say('stopped; start again and everything is still there');
  }

  /** What a killed hekafsd left behind is stopped too, unless somebody has started it again. */
  private async stopNode(node: DemoProcess): Promise<void> {
    await node.stop(this.platform.clock);
    if ((await node.state()) !== undefined) return;
    for (const pid of orphans(this.platform.disk, node.directory)) endProcess(pid);
  }

  private ended(node: DemoProcess, how: string): void {
    if (this.isStopping) return;
    say(`${node.node.name} ended: ${how}. To have it back, in another terminal:`);
    say(`  bin/hekafsd ${node.arguments.map(quoted).join(' ')}`);
  }
}

/** Settles at the first signal. Until then the process stays, even when all its children are gone. */
function asked(): Promise<'asked'> {
  const { port1: hold } = new MessageChannel();
  hold.on('message', () => {});
  return new Promise((resolve) => {
    const stop = (): void => {
      hold.close();
      resolve('asked');
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended in between.
  }
}

function quoted(argument: string): string {
  return /^[\w./:@-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
