import type { Socket } from 'node:net';
import {
  connect as connectTls,
  createServer,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import {
  type ByteStream,
  type Endpoint,
  type Listener,
  type Network,
  NetworkError,
  type StreamEvents,
  type TlsSettings,
} from '../network.js';
import { codeOf, listenWith, SOCKET_OPTIONS } from './listening.js';
import { SocketStream } from './socket-stream.js';
import { chainFault, readTlsFiles } from './tls-files.js';
import { HandshakeStream } from './tls-handshake.js';

/**
 * TLS over TCP. Both sides show certificates, and each must be signed by an authority of the other; the name of the machine
 * is not looked at, as GlusterFS has it.
 */
export function tlsNetwork(settings: TlsSettings): Network {
  const files = readTlsFiles(settings);
  const { depth } = settings;
  return {
    connect: (...call) => connect(depth, files, ...call),
    listen: (at, accept) => listen(depth, files, at, accept),
  };
}

function connect(
  depth: number,
  files: SecureContextOptions,
  to: Endpoint,
  events: (stream: ByteStream) => StreamEvents,
  timeoutMs: number,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const checks = { rejectUnauthorized: true, checkServerIdentity: () => undefined };
    const at = { host: to.host, port: to.port, ...SOCKET_OPTIONS };
    const socket = connectTls({ ...at, ...files, ...checks });
    const fail = (code: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new NetworkError(code, to));
    };
    const timer = setTimeout(() => fail('ETIMEDOUT'), timeoutMs);
    const refused = (error: Error): void => fail(codeOf(error));
    const ended = (): void => fail('ECONNRESET');
    socket.on('error', refused).on('close', ended);
    socket.once('secureConnect', () => {
      const fault = chainFault(socket, depth);
      if (fault !== undefined) return fail(fault);
      clearTimeout(timer);
      socket.off('error', refused).off('close', ended);
      const stream = new SocketStream(socket);
      stream.tell(events(stream));
      resolve(stream);
    });
  });
}

function listen(
  depth: number,
  files: SecureContextOptions,
  at: Endpoint,
  accept: (stream: ByteStream) => StreamEvents,
): Promise<Listener> {
  const checks = { requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...SOCKET_OPTIONS, ...files, ...checks });
  const shaking = new Map<string, HandshakeStream>();
  server.on('connection', (raw: Socket) => {
    const name = peerOf(raw);
    const stream = new HandshakeStream(raw);
    shaking.set(name, stream);
    raw.once('close', () => {
      if (shaking.get(name) === stream) shaking.delete(name);
    });
    stream.tell(accept(stream));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const fault = chainFault(socket, depth);
    const stream = shaking.get(peerOf(socket));
    shaking.delete(peerOf(socket));
    if (fault !== undefined) stream?.close(`TLS: ${fault}`);
    else if (stream === undefined) socket.destroy();
    else stream.secured(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    shaking.get(peerOf(socket))?.close(`TLS: ${codeOf(error)}`);
    socket.destroy();
  });
  return listenWith(server, at);
}

/** Unique among the connections of a listener. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
