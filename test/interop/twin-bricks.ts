import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { logTail } from './stock-client.js';

/** A brick of one of the two servers, as one of our clients sees it. */
export interface Twin {
  readonly whose: 'ours' | 'stock';
  readonly path: string;
  readonly port: number;
  readonly top: Graph['top'];
}

/** The same volfile served by stock glusterfsd and by us, each with a directory of its own on one filesystem. */
export interface TwinBricks {
  readonly ours: Twin;
  readonly stock: Twin;
  close(): Promise<void>;
}

/** `options` go to storage/posix. */
export async function startTwins(options: Readonly<Record<string, string>>): Promise<TwinBricks> {
  const directory = mkdtempSync(join(tmpdir(), 'hekafs-twins-'));
  const cleanups: (() => Promise<void>)[] = [
    async () => rmSync(directory, { recursive: true, force: true }),
  ];
  const close = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const [ours, stock] = [join(directory, 'ours'), join(directory, 'stock')];
    for (const path of [ours, stock]) mkdirSync(join(path, '.glusterfs'), { recursive: true });
    const [ourPort, stockPort] = [await freePort(), await freePort()];
    const server = graphOf(brickVolfile(ours, ourPort, options));
    await server.start();
    cleanups.push(() => server.stop());
    cleanups.push(await glusterfsd(directory, brickVolfile(stock, stockPort, options)));
    const log = join(directory, 'brick.log');
    const connect = async (whose: Twin['whose'], path: string, port: number): Promise<Twin> => {
      const graph = await connected(port, log);
      cleanups.push(() => graph.stop());
      return { whose, path, port, top: graph.top };
    };
    return {
      ours: await connect('ours', ours, ourPort),
      stock: await connect('stock', stock, stockPort),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function brickVolfile(
  directory: string,
  port: number,
  options: Readonly<Record<string, string>>,
): string {
  const more = Object.entries(options).map(([key, value]) => `    option ${key} ${value}\n`);
  return `
volume brick
    type storage/posix
    option directory ${directory}
${more.join('')}end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.address-family inet
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port ${port}
    option auth.addr.brick.allow 127.0.0.1
    subvolumes brick
end-volume
`;
}

const clientVolfile = (port: number): string => `
volume client
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume brick
end-volume
`;

function graphOf(volfile: string): Graph {
  return buildGraph(volfile, TRANSLATORS, nodePlatform(nodeNetwork()));
}

async function glusterfsd(directory: string, volfile: string): Promise<() => Promise<void>> {
  const [path, log] = [join(directory, 'brick.vol'), join(directory, 'brick.log')];
  writeFileSync(path, volfile);
  const child: ChildProcess = spawn('glusterfsd', ['-N', '-f', path, '-l', log], {
    stdio: 'ignore',
  });
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

const CONNECT_MS = 20_000;

/** A graph of one client, once it is up. */
async function connected(port: number, log: string): Promise<Graph> {
  const graph = graphOf(clientVolfile(port));
  const isUp = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), CONNECT_MS);
    graph.top.listen(({ event }) => {
      if (event !== 'child-up' && event !== 'auth-failed') return;
      clearTimeout(timer);
      resolve(event === 'child-up');
    });
  });
  await graph.start();
  if (await isUp) return graph;
  await graph.stop();
  throw new Error(`no connection to a brick:\n${logTail(log)}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
