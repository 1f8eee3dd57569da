import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../bin/', import.meta.url));

interface BenchNode {
  readonly name: string;
  readonly directory: string;
  readonly address: string;
  readonly arguments: readonly string[];
  process: ChildProcess;
}

/** Three hekafsd of this build on loopback, with state directories that go at the end. */
export class BenchCluster {
  readonly nodes: BenchNode[] = [];
  private readonly directory = mkdtempSync(join(tmpdir(), 'hekafs-bench-'));

  async start(count: number): Promise<void> {
    for (let index = 1; index <= count; index++) this.nodes.push(await this.startNode(`n${index}`));
    for (const node of this.nodes) await this.until(node, (status) => status.state === 'new');
    const [first, ...others] = this.nodes;
    if (first === undefined) return;
    this.config(first, 'serve', '--bootstrap', '--timeout', '30');
    for (const node of others) {
      const token = this.config(first, 'token', 'create').trim();
      this.config(node, 'serve', '--join', first.address, '--token', token, '--timeout', '30');
    }
    for (const node of this.nodes) await this.until(node, (status) => status.state === 'ready');
  }

  private async startNode(name: string): Promise<BenchNode> {
    const directory = join(this.directory, name);
    const [http, mgmt, brick] = [await freePort(), await freePort(), await freePort()];
    const words = ['--state-dir', directory, '--host', name, '--http', `127.0.0.1:${http}`];
    words.push('--mgmt-port', `${mgmt}`, '--brick-ports', `${brick}-${brick}`);
    words.push('--log-file', `${directory}.log`);
    const process = this.spawn(name, words);
    return { name, directory, address: `127.0.0.1:${http}`, arguments: words, process };
  }

  private spawn(name: string, words: readonly string[]): ChildProcess {
    const errors = openSync(join(this.directory, `${name}.err`), 'a');
    return spawn(process.execPath, [join(BIN, 'hekafsd'), ...words], {
      stdio: ['ignore', 'ignore', errors],
    });
  }

  /** Stops one node's hekafsd with SIGTERM and starts it again; answers the milliseconds from start to mounted. */
  async restart(node: BenchNode): Promise<number> {
    const ended = new Promise((resolve) => node.process.once('exit', resolve));
    node.process.kill('SIGTERM');
    await ended;
    const start = performance.now();
    node.process = this.spawn(node.name, node.arguments);
    await this.until(node, (status) => status.state === 'ready' && status.heal.caughtUp, 5);
    return performance.now() - start;
  }

  /** Runs hfs_config against a node; throws what it said where it failed. */
  config(node: BenchNode, ...words: readonly string[]): string {
    const args = [join(BIN, 'hfs_config'), '--state-dir', node.directory, ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`hfs_config ${words[0]}: ${stderr}`);
    return stdout;
  }

  token(node: BenchNode): string {
    return readFileSync(join(node.directory, 'token'), 'utf8').trim();
  }

  /** Resident memory in MB of each hekafsd and each brick. */
  memory(): { readonly what: string; readonly mb: number }[] {
    return this.nodes.flatMap((node) => [
      { what: `hekafsd ${node.name}`, mb: residentMb(node.process.pid ?? 0) },
      { what: `brick ${node.name}`, mb: residentMb(this.brickPid(node)) },
    ]);
  }

  private brickPid(node: BenchNode): number {
    return Number(readFileSync(join(node.directory, 'run/brick.pid'), 'utf8'));
  }

  async stop(): Promise<void> {
    const ends = this.nodes.map(
      ({ process }) => new Promise((resolve) => process.once('exit', resolve)),
    );
    for (const { process } of this.nodes) process.kill('SIGTERM');
    await Promise.all(ends);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async until(
    node: BenchNode,
    isSo: (status: { state: string; heal: { caughtUp: boolean } }) => boolean,
    pauseMs = 50,
  ): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline) {
      try {
        const answer = await fetch(`http://${node.address}/v1/status`);
        if (isSo((await answer.json()) as { state: string; heal: { caughtUp: boolean } })) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    throw new Error(`${node.name} did not become ready; see ${node.directory}.log`);
  }
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
