import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import type { Stack } from '../contract/volume.js';
import { makeBrick } from './brick-process.js';

const VOLUME_ID = '5ca1ab1e-0000-4000-8000-000000000009';
const CONNECT_MS = 20_000;

const brick = (directory: string, index: number): string => `
volume posix-${index}
    type storage/posix
    option directory ${directory}/brick-${index}
    option volume-id ${VOLUME_ID}
end-volume
volume brick-${index}
    type features/locks
    subvolumes posix-${index}
end-volume
`;

function volfile(directory: string, port: number, count: number): string {
  const indices = Array.from({ length: count }, (_, index) => index);
  const names = indices.map((index) => `brick-${index}`);
  const allowed = names.map((name) => `    option auth.addr.${name}.allow 127.0.0.1`);
  const server = [
    'volume server',
    '    type protocol/server',
    '    option transport-type tcp',
    '    option transport.address-family inet',
    '    option transport.socket.bind-address 127.0.0.1',
    `    option transport.socket.listen-port ${port}`,
    ...allowed,
    `    subvolumes ${names.join(' ')}`,
    'end-volume',
  ];
  return `${indices.map((index) => brick(directory, index)).join('')}${server.join('\n')}\n`;
}

/** One glusterfsd with many empty bricks; each is used once. */
export class StockExports {
  private used = 0;

  private constructor(
    private readonly directory: string,
    private readonly child: ChildProcess,
    private readonly port: number,
    private readonly count: number,
  ) {}

  static async start(count: number): Promise<StockExports> {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    for (let index = 0; index < count; index += 1)
      makeBrick(join(directory, `brick-${index}`), VOLUME_ID);
    const port = await freePort();
    const [vol, log] = [join(directory, 'bricks.vol'), join(directory, 'bricks.log')];
    writeFileSync(vol, volfile(directory, port, count));
    // Each brick keeps its 256 directories of handles open.
    const script = 'ulimit -n "$(ulimit -Hn)"; exec glusterfsd -N -f "$0" -l "$1"';
    const child = spawn('sh', ['-c', script, vol, log], { stdio: 'ignore' });
    return new StockExports(directory, child, port, count);
  }

  /** Our client of a brick that nobody has used. */
  async next(): Promise<Stack> {
    const name = `brick-${this.used}`;
    this.used += 1;
    if (this.used > this.count) throw new Error(`there are ${this.count} bricks`);
    const graph = buildGraph(client(name, this.port), TRANSLATORS, nodePlatform(nodeNetwork()));
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} does not answer`)), CONNECT_MS);
      graph.top.listen(({ event }) => {
        if (event !== 'child-up') return;
        clearTimeout(late);
        resolve();
      });
      graph.start().catch(reject);
    });
    return { top: graph.top, hasSpecialFiles: true, close: () => graph.stop() };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const client = (name: string, port: number): string => `
volume client
    type protocol/client
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume ${name}
end-volume
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
