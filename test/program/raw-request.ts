import { connect, type Socket } from 'node:net';
import type { ClusterNode } from './cluster-node.js';

/** Bytes to a node's HTTP port as they are; answers what came back until the connection ended or was idle. */
export function raw(node: ClusterNode, bytes: Buffer | string, idleMs = 1500): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(node.ports.http, '127.0.0.1', () => void socket.write(bytes));
    const done = (): void => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
    socket.once('data', () => socket.setTimeout(idleMs, done));
    socket.on('error', () => {});
    socket.on('close', done);
  });
}

/** One request with root's token whose path and body nobody tidies up. The connection ends with the answer. */
export function rawRequest(
  node: ClusterNode,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string = '',
): Promise<string> {
  const all = {
    Host: 'localhost',
    Connection: 'close',
    Authorization: `Bearer ${node.token}`,
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== '');
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return raw(
    node,
    Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`), Buffer.from(body)]),
  );
}

/** A connection that has said `bytes` and reads nothing of what comes. */
export function silent(node: ClusterNode, bytes: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(node.ports.http, '127.0.0.1', () => {
      socket.pause();
      socket.write(bytes, () => resolve(socket));
    });
    socket.on('error', reject);
  });
}
