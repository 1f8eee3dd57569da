import { createServer, type Server } from 'node:net';

/** Below the ports that the kernel takes for outgoing connections, so that nobody takes one while its owner is down. */
const LOWEST = 12_000;
const HIGHEST = 32_000;
const TRIES = 200;
const given = new Set<number>();

/** The first of `count` ports in a row that nobody listens on; no two calls answer the same. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const first = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST - count));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (ports.some((port) => given.has(port))) continue;
    const areFree = await Promise.all(ports.map(isFree));
    if (!areFree.every(Boolean)) continue;
    for (const port of ports) given.add(port);
    return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

async function isFree(port: number): Promise<boolean> {
  try {
    const server = await holdPort(port);
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch {
    return false;
  }
}

/** Listens on a port of loopback, so that nobody else can. */
export function holdPort(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
